import type { CostTier } from '../../shared/api-types.ts';
import { Queue, type Queued } from './queue.ts';

/**
 * Extra time in the queue by cost tier, in turns of the whole queue: an entry of tier `high` that was used when a
 * `low` one was is evicted 0.7 of a turn later. GreedyDual (Young 1994) with the tier multiplier of the TTL formula
 * as its cost, and a count of uses in place of its running value.
 */
const RETENTION: Readonly<Record<CostTier, number>> = { low: 0, medium: 0.2, high: 0.7, very_high: 1.2 };

interface Slot<Value> extends Queued<Slot<Value>> {
	key: string;
	value: Value;
	bytes: number;
	tier: CostTier;
	rank: number;
}

/**
 * A map bounded by bytes that evicts the least recently used first, cheap generations before expensive ones.
 * Constant time per operation: one queue per tier, whose head is always its lowest rank.
 */
export class BoundedEntries<Value> {
	readonly #queues: Record<CostTier, Queue<Slot<Value>>> = {
		low: new Queue(),
		medium: new Queue(),
		high: new Queue(),
		very_high: new Queue(),
	};
	readonly #slots = new Map<string, Slot<Value>>();
	readonly #onRemove: (value: Value, key: string) => void;
	readonly max: number;
	#bytes = 0;
	#uses = 0;

	/** `onRemove` is called for every value that leaves, also for one that is replaced or not let in. */
	constructor(maxBytes: number, onRemove: (value: Value, key: string) => void = () => {}) {
		this.max = maxBytes;
		this.#onRemove = onRemove;
	}

	get size(): number {
		return this.#slots.size;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get(key: string): Value | undefined {
		const slot = this.#slots.get(key);
		if (slot === undefined) return undefined;
		this.#touch(slot);
		return slot.value;
	}

	/** Without counting it as a use. */
	peek(key: string): Value | undefined {
		return this.#slots.get(key)?.value;
	}

	/** False where there is no room for the value; whatever the key had is gone all the same. */
	set(key: string, value: Value, bytes: number, tier: CostTier): boolean {
		this.delete(key);
		if (bytes > this.max) {
			this.#onRemove(value, key);
			return false;
		}
		const slot: Slot<Value> = { key, value, bytes, tier, rank: 0, previous: undefined, next: undefined };
		this.#slots.set(key, slot);
		this.#bytes += bytes;
		this.#enqueue(slot);
		this.#evict();
		return this.#slots.get(key) === slot;
	}

	delete(key: string): boolean {
		const slot = this.#slots.get(key);
		if (slot === undefined) return false;
		this.#remove(slot);
		return true;
	}

	/** Makes room, as when something else that counts towards the same bound grew. */
	reserve(bytes: number): void {
		this.#bytes += bytes;
		if (bytes > 0) this.#evict();
	}

	clear(): void {
		for (const slot of [...this.#slots.values()]) this.#remove(slot);
	}

	values(): IterableIterator<Slot<Value>> {
		return this.#slots.values();
	}

	#touch(slot: Slot<Value>): void {
		this.#uses++;
		// Moving an entry that was used a moment ago would cost more than its place in the queue is worth.
		if (this.#rank(slot.tier) - slot.rank < this.#slots.size >> 3) return;
		this.#queues[slot.tier].remove(slot);
		this.#enqueue(slot);
	}

	#rank(tier: CostTier): number {
		return this.#uses + RETENTION[tier] * this.#slots.size;
	}

	#enqueue(slot: Slot<Value>): void {
		this.#uses++;
		slot.rank = this.#rank(slot.tier);
		this.#queues[slot.tier].append(slot);
	}

	#evict(): void {
		while (this.#bytes > this.max) {
			const victim = this.#lowest();
			if (victim === undefined) return;
			this.#remove(victim);
		}
	}

	#lowest(): Slot<Value> | undefined {
		let lowest: Slot<Value> | undefined;
		for (const tier in this.#queues) {
			const head = this.#queues[tier as CostTier].head;
			if (head !== undefined && (lowest === undefined || head.rank < lowest.rank)) lowest = head;
		}
		return lowest;
	}

	#remove(slot: Slot<Value>): void {
		this.#slots.delete(slot.key);
		this.#queues[slot.tier].remove(slot);
		this.#bytes -= slot.bytes;
		this.#onRemove(slot.value, slot.key);
	}
}
