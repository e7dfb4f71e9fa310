import type { CountedLookup } from '../../cache/cache.ts';
import type { Clock } from '../../cache/clock.ts';
import type { Entry } from '../../cache/entry.ts';
import type { JsonObject } from '../../shared/api-types.ts';
import { joinEmbeddings } from '../../providers/embeddings/batch.ts';
import type { Headers } from '../../providers/http/headers.ts';
import { ageOf, bodyOf, ttlLeft } from './format-answer.ts';
import type { CacheFacts } from './cache-facts.ts';
import type { Exchange } from './provider-request.ts';
import { toLookup } from './generation-service.ts';
import type { ReadyAnswers } from './response-cache.ts';

/** An answer put together from several entries. */
export interface Joined {
	bytes: Buffer;
	facts: CacheFacts;
	/** The provider's, where it was asked for this very answer. */
	headers: Headers | null;
}

/** A request for several inputs, without the inputs: what its answer is put together from, whenever it is asked. */
export interface JoinedRequest {
	/** Of its one input, which is an entry's; of the request as a whole where there are several. */
	key: string;
	/** Of its inputs, each once. */
	lookups: readonly CountedLookup[];
	/** Which of these each input is. */
	order: readonly number[];
	/** The rest of the body, which says how the vectors are written. */
	rest: JsonObject;
}

/** `parts`: the exchanges for one input each, every key once; `keys`: those of the inputs in order. */
export function joinedRequest(
	{ key, body }: Exchange,
	parts: readonly Exchange[],
	keys: readonly string[],
): JoinedRequest {
	const { input: _, ...rest } = body;
	const [only, ...others] = parts;
	const places = new Map(parts.map((part, index) => [part.key, index]));
	const own = only && others.length === 0 ? only.key : key;
	return { key: own, lookups: parts.map(toLookup), order: keys.map((one) => places.get(one)!), rest };
}

/** Puts answers together from entries of one input each, and keeps them ready. */
export class JoinedHits {
	readonly #clock: Clock;
	readonly #ready: ReadyAnswers<Buffer>;

	constructor(clock: Clock, ready: ReadyAnswers<Buffer>) {
		this.#clock = clock;
		this.#ready = ready;
	}

	/** The answer where it is ready, else the making of it. `entries`: of the request's look-ups, in their order. */
	answer({ key, order, rest }: JoinedRequest, entries: readonly Entry[]): Joined | Promise<Joined> {
		const all = order.map((index) => entries[index]!);
		const facts = { status: 'HIT', key, ...this.lifeOf(entries), stored: true } as const;
		const form = JSON.stringify(rest);
		const ready = this.#ready.find(all, form);
		if (ready !== undefined) return { bytes: ready, facts, headers: null };
		return this.#join(entries, order, rest).then((bytes) => {
			this.#ready.keep(all, bytes, form);
			return { bytes, facts, headers: null };
		});
	}

	/** Of what is put together: the age of the oldest, and how long the first to expire lives. */
	lifeOf(entries: readonly Entry[]): Pick<CacheFacts, 'age' | 'ttl'> {
		return {
			age: Math.max(...entries.map((entry) => ageOf(entry, this.#clock))),
			ttl: Math.min(...entries.map((entry) => ttlLeft(entry, this.#clock))),
		};
	}

	async #join(entries: readonly Entry[], order: readonly number[], rest: JsonObject): Promise<Buffer> {
		const answers = await Promise.all(entries.map(bodyOf));
		const joined = joinEmbeddings(
			rest,
			order.map((index) => answers[index]!),
		);
		return Buffer.from(JSON.stringify(joined));
	}
}
