import { LRUCache } from 'lru-cache';
import type { RequestedEntry } from '../../cache/store.ts';

/** Requests whose record is kept for warming. */
export const MAX_REQUESTED = 2000;
/** Bytes that one takes besides its key and its record. */
const OVERHEAD_BYTES = 300;
const HALF_LIFE_MS = 24 * 3_600_000;

interface Requested {
	count: number;
	at: number;
	record: Buffer | null;
}

/** How often each request was made, recent ones weighing more: a count halves every day. */
export class RequestedTable {
	readonly #table: LRUCache<string, Requested>;
	readonly #reserve: (bytes: number) => void;

	/** `reserve` is told how many more bytes are held, or fewer. */
	constructor(maxBytes: number, reserve: (bytes: number) => void) {
		this.#reserve = reserve;
		this.#table = new LRUCache({
			max: MAX_REQUESTED,
			maxSize: Math.max(1, Math.floor(maxBytes)),
			sizeCalculation: ({ record }, key) => OVERHEAD_BYTES + 2 * key.length + (record?.length ?? 0),
		});
	}

	add(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>, now: number): void {
		const held = this.#table.calculatedSize;
		for (const [key, { count, record }] of requested) {
			const known = this.#table.get(key);
			const before = known ? known.count * 2 ** (-(now - known.at) / HALF_LIFE_MS) : 0;
			const kept = record ? ownCopy(record) : (known?.record ?? null);
			this.#table.set(key, { count: before + count, at: now, record: kept });
		}
		this.#reserve(this.#table.calculatedSize - held);
	}

	top(limit: number, now: number): RequestedEntry[] {
		return [...this.#table.entries()]
			.map(([key, { count, at, record }]) => ({ key, count: count * 2 ** (-(now - at) / HALF_LIFE_MS), record }))
			.sort((one, other) => other.count - one.count)
			.slice(0, limit);
	}
}

/** A slice of Node's pool would keep the whole slab. */
function ownCopy(bytes: Buffer): Buffer {
	const copy = Buffer.allocUnsafeSlow(bytes.length);
	bytes.copy(copy);
	return copy;
}
