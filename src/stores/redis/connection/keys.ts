import type { StatsInterval } from '../../../shared/api-types.ts';
import type { Tag } from '../../../cache/tags/tags.ts';
import { KEY_SCHEMA } from '../../../cache/cache-key.ts';

export type SortName = 'created' | 'size' | 'hits' | 'usd';
export const SORT_NAMES: readonly SortName[] = ['created', 'size', 'hits', 'usd'];

/**
 * Names of everything in Redis, as an operator sees them. What belongs to one cache key or one tag is in braces, so
 * that a cluster keeps it in one slot.
 */
export class Keys {
	readonly #prefix: string;

	constructor(namespace: string) {
		this.#prefix = `${namespace}:v${KEY_SCHEMA}`;
	}

	entry = (key: string): string => `${this.#prefix}:entry:{${key}}`;
	lease = (key: string): string => `${this.#prefix}:lease:{${key}}`;
	token = (tag: Tag): string => `${this.#prefix}:token:{${tag}}`;
	/** Sorted set of `owner+key` by expiry; by minus the end of the wait for those still under way. */
	index = (tag: Tag): string => `${this.#prefix}:index:{${tag}}`;
	/** An index whose tag was purged, kept as it was until it is swept, and a while longer. */
	swept = (tag: Tag, id: string): string => `${this.#prefix}:swept:{${tag}}:${id}`;
	sorted = (name: SortName): string => `${this.#prefix}:by:${name}`;
	stats = (interval: StatsInterval, start: number): string => `${this.#prefix}:stats:${interval}:${start}`;
	/** Counters of all time. */
	get totals(): string {
		return `${this.#prefix}:stats:total`;
	}

	/** Number of the last batch that a process added to these counters. */
	batch = (counters: string, source: string): string => `${this.#prefix}:batch:{${counters}}:${source}`;

	requested = (day: number): string => `${this.#prefix}:requested:${day}`;
	requestRecord = (key: string): string => `${this.#prefix}:request:{${key}}`;
	document = (name: string): string => `${this.#prefix}:document:${name}`;

	/** Sorted set of set-aside indexes by the last sign of life of whoever sweeps them. */
	get sweeps(): string {
		return `${this.#prefix}:sweeps`;
	}

	get janitor(): string {
		return `${this.#prefix}:janitor`;
	}

	/** There where Redis evicted keys, for as long as entries may live. */
	get evicted(): string {
		return `${this.#prefix}:evicted`;
	}

	get journal(): string {
		return `${this.#prefix}:journal`;
	}

	/** Hash of rows that were ever written, and the entries that they dropped, by cause. */
	get invalidations(): string {
		return `${this.#prefix}:journal:totals`;
	}

	get lastInvalidations(): string {
		return `${this.#prefix}:journal:collections`;
	}

	get models(): string {
		return `${this.#prefix}:models`;
	}

	get documents(): string {
		return `${this.#prefix}:documents`;
	}

	/** Number of the last invalidation. */
	get sequence(): string {
		return `${this.#prefix}:{bus}:sequence`;
	}

	/** The run of Redis that processes have vouched for. */
	get run(): string {
		return `${this.#prefix}:{bus}:run`;
	}

	/** Where the user may not ask for the role: written to prove that Redis takes writes. */
	get probe(): string {
		return `${this.#prefix}:{bus}:probe`;
	}

	/** Channel on which processes say that generations ended. */
	get hints(): string {
		return `${this.#prefix}:hints`;
	}
}
