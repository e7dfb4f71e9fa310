import type { RequestedEntry } from '../../cache/store.ts';
import { LRUCache } from 'lru-cache';

/** Requests whose record is kept for warming. */
export const MAX_REQUESTED = 2000;
const HALF_LIFE_MS = 24 * 3_600_000;

interface Requested {
	count: number;
	at: number;
	record: Buffer | null;
}

/** How often each request was made, recent ones weighing more: a count halves every day. */
export class RequestedTable {
	readonly #table = new LRUCache<string, Requested>({ max: MAX_REQUESTED });

	add(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>, now: number): void {
		for (const [key, { count, record }] of requested) {
			const known = this.#table.get(key);
			const before = known ? known.count * 2 ** (-(now - known.at) / HALF_LIFE_MS) : 0;
			this.#table.set(key, { count: before + count, at: now, record: record ?? known?.record ?? null });
		}
	}

	top(limit: number, now: number): RequestedEntry[] {
		return [...this.#table.entries()]
			.map(([key, { count, at, record }]) => ({ key, count: count * 2 ** (-(now - at) / HALF_LIFE_MS), record }))
			.sort((one, other) => other.count - one.count)
			.slice(0, limit);
	}
}
