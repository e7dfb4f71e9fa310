import type { BatchElement, CacheStatus, GenerationAnswer, GenerationRequest } from '../contract.ts';
import type { AiCache } from '../cache/cache.ts';
import type { Clock } from '../cache/clock.ts';
import type { Entry } from '../cache/entry.ts';
import { NotCachedError } from '../cache/errors.ts';
import { declaredDependencies } from '../content/declared.ts';
import { MissingItemError } from '../content/errors.ts';
import { prepareRequests } from '../content/template.ts';
import { nativeAnswer } from './answer.ts';
import type { Asker } from './asker.ts';
import type { Caller } from './caller.ts';
import { batchElements, type Settled, single } from './api-errors.ts';
import { InvalidRequestError, NothingCachedError, StoreAwayError } from './errors.ts';
import { UNREADABLE, unreadable } from './draft.ts';
import type { Exchange, Exchanges } from './exchange.ts';
import { parseGeneration } from './generation-schema.ts';
import type { HostContext } from './host.ts';
import type { LiveStream } from './live-stream.ts';
import { eachBounded, type Slots, slots } from './bounded.ts';
import type { SettingValues } from './settings-schema.ts';
import { asProviderError } from './upstream-failure.ts';

/** One answer, or for a request with `items` one per item. */
export type NativeResult = GenerationAnswer | BatchElement<GenerationAnswer>[];

/** A request's exchange, and the item that its text was rendered from. */
export interface Prepared {
	exchange: Exchange;
	item: string | null;
}

/** What a request came to. */
export interface Resolved {
	exchange: Exchange;
	/** Whether its text was rendered from an item, which has to be read again for every request. */
	rendered: boolean;
	entry: Entry;
	status: CacheStatus;
	/** Why it is not in the cache, null where it is. */
	notStored: string | null;
}

/** The native requests: parsed, rendered with the caller's permissions, and answered. */
export class Native {
	readonly #cache: AiCache<LiveStream>;
	readonly #asker: Asker;
	readonly #exchanges: Exchanges;
	readonly #host: HostContext;
	readonly #values: SettingValues;
	readonly #clock: Clock;

	constructor(
		cache: AiCache<LiveStream>,
		asker: Asker,
		exchanges: Exchanges,
		host: HostContext,
		values: SettingValues,
		clock: Clock,
	) {
		this.#cache = cache;
		this.#asker = asker;
		this.#exchanges = exchanges;
		this.#host = host;
		this.#values = values;
		this.#clock = clock;
	}

	/** Read-through for one request. Rejects with errors fit to be shown. */
	async generate(input: unknown, caller: Caller, signal: AbortSignal, inTurn = this.#slots()): Promise<NativeResult> {
		const resolved = await this.resolve(input, caller, signal, inTurn);
		return Array.isArray(resolved) ? resolved : this.answer(resolved);
	}

	/** The same, not yet written out: the entry of one request, or one element per item. */
	async resolve(
		input: unknown,
		caller: Caller,
		signal: AbortSignal,
		inTurn = this.#slots(),
	): Promise<Resolved | BatchElement<GenerationAnswer>[]> {
		const request = parseGeneration(input);
		const prepared = await this.#prepareEach(request, caller);
		const perItem = request.items !== undefined && prepared.some((one) => 'error' in one || one.data.item !== null);
		const ask = (one: Prepared): Promise<Resolved> => inTurn(() => this.#ask(one, signal));
		if (!perItem) return ask(single(prepared));
		return batchElements(await this.#each(prepared, async (one) => this.answer(await ask(single([one])))));
	}

	/** Writes out what a request came to. */
	answer({ entry, status, notStored }: Resolved): Promise<GenerationAnswer> {
		return nativeAnswer(entry, status, notStored, this.#clock);
	}

	/** Each element with its own result or error, in order; so many at a time as the settings allow. */
	async generateBatch(
		inputs: readonly unknown[],
		caller: Caller,
		signal: AbortSignal,
	): Promise<BatchElement<NativeResult>[]> {
		this.#demandBatchSize(inputs);
		const inTurn = this.#slots();
		return batchElements(await this.#each(inputs, (input) => this.generate(input, caller, signal, inTurn)));
	}

	/** Reads only; one round trip for the whole batch. Null where nothing is stored. */
	async lookup(inputs: readonly unknown[], caller: Caller): Promise<Settled<Resolved | null>[]> {
		this.#demandBatchSize(inputs);
		const prepared = await this.#each(inputs, async (input) => {
			const request = parseGeneration(input);
			const requests = await this.prepare(request, caller);
			if (request.items !== undefined && requests.some(({ item }) => item !== null)) {
				throw new InvalidRequestError({
					field: 'items',
					reason: '"items" with an item template makes one generation per item: look up each with "item"',
				});
			}
			return requests[0]!;
		});
		const asked = prepared.flatMap((element) =>
			'data' in element && element.data.exchange.uncacheable === null ? [element.data] : [],
		);
		const entries = await this.#cache.lookup(asked.map(({ exchange }) => toLookup(exchange))).catch(() => {
			throw new StoreAwayError();
		});
		const found = new Map(asked.map((one, index) => [one, entries[index]]));
		return prepared.map((element) => {
			if ('error' in element) return element;
			const { exchange, item } = element.data;
			const entry = found.get(element.data);
			return { data: entry ? { exchange, rendered: item !== null, entry, status: 'HIT', notStored: null } : null };
		});
	}

	/** The request's exchanges: one, or one per item where its template is rendered for each; `item` is null without one. */
	async prepare(request: GenerationRequest, caller: Caller): Promise<Prepared[]> {
		if (request.item === undefined && request.items === undefined) {
			const content = declaredDependencies(request);
			return [{ exchange: this.#exchanges.native(request, request, content, caller), item: null }];
		}
		const schema = await this.#host.getSchema();
		const prepared = await prepareRequests(request, {
			services: this.#host.services,
			schema,
			accountability: caller.accountability,
			database: this.#host.database,
		});
		return prepared.map(({ request: rendered, content, item }) => ({
			exchange: this.#exchanges.native(rendered, request, content, caller, item),
			item,
		}));
	}

	/** An item that is missing, or that the caller may not read, fails alone where others are asked for beside it. */
	async #prepareEach(request: GenerationRequest, caller: Caller): Promise<Settled<Prepared>[]> {
		try {
			return (await this.prepare(request, caller)).map((data) => ({ data }));
		} catch (error) {
			const { items = [], ...rest } = request;
			if (!(error instanceof MissingItemError) || items.length < 2) throw error;
			const each = await this.#each(items, async (item) => (await this.prepare({ ...rest, item }, caller))[0]!);
			if (each.every((one) => 'error' in one)) throw error;
			return each;
		}
	}

	async #ask({ exchange, item }: Prepared, signal: AbortSignal): Promise<Resolved> {
		try {
			const answer = await this.#asker.ask(exchange, { signal, wantsLive: false });
			const { entry, notStored } = await answer.outcome;
			if (notStored === UNREADABLE) throw unreadable(exchange.provider);
			return { exchange, rendered: item !== null, entry, status: answer.status, notStored };
		} catch (error) {
			if (error instanceof NotCachedError) throw new NothingCachedError();
			throw asProviderError(error, exchange.provider);
		}
	}

	/** What one call asks for at the same time, its elements and their items together. */
	#slots(): Slots {
		return slots(this.#values.AI_CACHE_BATCH_CONCURRENCY);
	}

	#each<Input, Result>(inputs: readonly Input[], work: (input: Input) => Promise<Result>): Promise<Settled<Result>[]> {
		return eachBounded(inputs, this.#values.AI_CACHE_BATCH_CONCURRENCY, async (input) => {
			try {
				return { data: await work(input) };
			} catch (error) {
				return { error };
			}
		});
	}

	#demandBatchSize(inputs: readonly unknown[]): void {
		const { AI_CACHE_BATCH_MAX: max } = this.#values;
		if (inputs.length <= max) return;
		throw new InvalidRequestError({
			field: '',
			reason: `A batch may have ${max} elements (AI_CACHE_BATCH_MAX), this one has ${inputs.length}`,
		});
	}
}

export const toLookup = ({ key, rank, tags, provider, model, collection, directives }: Exchange) => ({
	key,
	rank,
	tags,
	provider,
	model,
	collection,
	...(directives.max_age !== undefined && { maxAge: directives.max_age }),
});
