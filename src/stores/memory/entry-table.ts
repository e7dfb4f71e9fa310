import { type Clock } from '../../cache/clock.ts';
import { encodeEntry } from '../../cache/entry-codec.ts';
import type { Tag } from '../../cache/tags/tags.ts';
import type { Entry, Found } from '../../cache/entry.ts';
import type { Lookup } from '../../cache/store.ts';
import { BoundedEntries } from '../shared/cost-aware-lru.ts';
import { type Cell, Cells } from './tag-versions.ts';
import { covers, decodedBytes, decodeHeld, type Held, heldBytes, stateOf } from './entry-slot.ts';
import { Listings } from './browse/result-set-cache.ts';
import { countForSweep } from './sweeper.ts';

/** Entries and the cells that they hold, within one bound of bytes. */
export class Holdings {
	readonly #clock: Clock;
	readonly #staleMs: number;
	readonly #entries: BoundedEntries<Held>;
	readonly cells: Cells<Held>;
	readonly listings: Listings;

	constructor(maxBytes: number, staleMs: number, clock: Clock) {
		this.#clock = clock;
		this.#staleMs = staleMs;
		this.#entries = new BoundedEntries<Held>(maxBytes, (held) => this.#forget(held));
		this.cells = new Cells<Held>((bytes) => this.#entries.reserve(bytes));
		this.listings = new Listings(
			() => this.all(),
			this.cells,
			() => clock.now(),
		);
	}

	get bytes(): number {
		return this.#entries.bytes;
	}

	get max(): number {
		return this.#entries.max;
	}

	/** Bytes held elsewhere for the store, which entries make room for. */
	reserve(bytes: number): void {
		this.#entries.reserve(bytes);
	}

	/** Whatever stands at the key, without counting it as a use. */
	at(key: string): Held | undefined {
		return this.#entries.peek(key);
	}

	find({ key, tags }: Lookup): Found | undefined {
		const held = this.#entries.get(key);
		if (held === undefined) return undefined;
		const now = this.#clock.now();
		if (held.expires + this.#staleMs <= now) {
			this.remove(held);
			return undefined;
		}
		return { entry: this.decode(held), state: stateOf(held, now), covers: covers(held, tags) };
	}

	/** False where there is no room for it. */
	put(key: string, tags: readonly Tag[], entry: Entry): boolean {
		const held = this.#hold(key, tags, entry);
		const bytes = heldBytes(held.bytes.length, key, held.cells.length);
		if (!this.#entries.set(key, held, bytes, entry.meta.costTier)) return false;
		this.listings.add(held);
		return true;
	}

	decode(held: Held): Entry {
		if (held.decoded !== null) return held.decoded;
		const entry = decodeHeld(held, Infinity);
		// After it is decoded: making room may put out this very entry, which then takes its bytes with it.
		this.#entries.reserve(decodedBytes(held));
		return entry;
	}

	addHits(key: string, count: number): void {
		const held = this.#entries.peek(key);
		if (held !== undefined) this.listings.addHits(held, count);
	}

	remove(held: Held): void {
		if (this.#entries.peek(held.key) === held) this.#entries.delete(held.key);
	}

	clear(): void {
		this.#entries.clear();
	}

	*all(): Iterable<Held> {
		for (const slot of this.#entries.values()) yield slot.value;
	}

	#hold(key: string, tags: readonly Tag[], entry: Entry): Held {
		const bytes = encodeEntry(entry);
		const cells = tags.map((tag): Cell<Held> => this.cells.hold(tag));
		const { created, expires, usd } = entry.meta;
		const held: Held = { key, bytes, created, expires, usd, cells, coveredTags: tags, decoded: null, hits: 0 };
		for (const cell of cells) cell.members?.add(held);
		return held;
	}

	#forget(held: Held): void {
		countForSweep(held);
		this.listings.delete(held);
		if (held.decoded !== null) this.#entries.reserve(-decodedBytes(held));
		for (const cell of held.cells) {
			cell.members?.delete(held);
			this.cells.letGo(cell);
		}
	}
}
