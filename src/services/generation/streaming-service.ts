import type { CacheStatus, GenerationAnswer } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { WorkBudget } from '../../content/work-budget.ts';
import { parseObject } from '../../providers/json/json.ts';
import { pieces } from '../../providers/shared/chunk-text.ts';
import type { ProviderDialect } from '../../providers/adapter.ts';
import { eventDecoder } from '../../providers/http/sse.ts';
import { nativeAnswer } from './format-answer.ts';
import type { Asked, Asker, AskOptions } from './read-through.ts';
import type { Caller } from '../access/caller.ts';
import { UNREADABLE, unreadable } from './cache-draft.ts';
import { NothingCachedError } from '../errors/errors.ts';
import type { Exchange } from './provider-request.ts';
import { parseGeneration } from '../validation/generation-schema.ts';
import type { Native } from './generation-service.ts';
import { asProviderError } from '../errors/provider-failure.ts';

/** A native generation as it comes. */
export interface NativeStream {
	status: CacheStatus;
	key: string;
	/** Pieces of the answer's `text`: all there at once, or as they arrive. Throws where the provider broke off. */
	deltas: readonly string[] | AsyncIterable<string>;
	/** The answer that the same request gets without `stream`; to be asked for once the deltas are through. */
	answer(): Promise<GenerationAnswer>;
}

/** `POST /generate` with `stream: true`. */
export class NativeStreams {
	readonly #native: Native;
	readonly #asker: Asker;
	readonly #clock: Clock;

	constructor(native: Native, asker: Asker, clock: Clock) {
		this.#native = native;
		this.#asker = asker;
		this.#clock = clock;
	}

	/** What a request asks for. Rejects with errors fit to be shown. */
	async prepare(input: unknown, caller: Caller): Promise<Exchange> {
		const request = parseGeneration(input);
		const { exchange } = await this.#native.prepareOne(request, caller, new WorkBudget(), {
			field: 'stream',
			reason: '"stream" takes one item: ask with "item", not "items"',
		});
		return exchange;
	}

	/** Rejects with errors fit to be shown, as the answer and its deltas do. `onHead`: as in `AskOptions`. */
	async open(exchange: Exchange, signal: AbortSignal, onHead: AskOptions['onHead']): Promise<NativeStream> {
		const options = { signal, wantsLive: true, ...(onHead && { onHead }) };
		const asked = await shown(exchange, this.#asker.ask(exchange, options));
		const answer = async (): Promise<GenerationAnswer> => {
			const { entry, notStored } = await shown(exchange, asked.outcome);
			if (notStored === UNREADABLE) throw unreadable(exchange.provider);
			return nativeAnswer(entry, asked.status, notStored, this.#clock);
		};
		return { status: asked.status, key: exchange.key, deltas: await this.#deltas(exchange, asked, answer), answer };
	}

	async #deltas(
		exchange: Exchange,
		{ stream }: Asked,
		answer: () => Promise<GenerationAnswer>,
	): Promise<NativeStream['deltas']> {
		return stream ? textOf(exchange, stream.bytes) : pieces((await answer()).text);
	}
}

async function* textOf(exchange: Exchange, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	try {
		for await (const delta of deltasIn(exchange.dialect, bytes)) yield delta;
	} catch (error) {
		throw asProviderError(error, exchange.provider);
	}
}

async function* deltasIn(dialect: ProviderDialect, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	const decoder = eventDecoder();
	for await (const chunk of bytes) {
		for (const { data } of decoder.push(chunk)) {
			const event = parseObject(data);
			const delta = event ? dialect.textDelta(event) : '';
			if (delta !== '') yield delta;
		}
	}
}

async function shown<Result>({ provider }: Exchange, work: Promise<Result>): Promise<Result> {
	try {
		return await work;
	} catch (error) {
		throw error instanceof NotCachedError ? new NothingCachedError() : asProviderError(error, provider);
	}
}
