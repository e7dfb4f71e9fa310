import type { Held } from '../entry-slot.ts';

/** Pieces are split when they are twice as long: short enough that putting one more into the middle costs next to nothing. */
const PIECE = 512;

/** Where an entry stands: by its value, then by its key, which are unique together. */
export interface Place {
	value: number;
	key: string;
}

/** Entries in one order. Adding, removing and finding one costs about the same however many there are. */
export class Ordered {
	readonly #valueOf: (held: Held) => number;
	readonly #pieces: Held[][] = [];
	#size = 0;

	/** `valueOf` an entry may change only while it is not in here. */
	constructor(valueOf: (held: Held) => number) {
		this.#valueOf = valueOf;
	}

	get size(): number {
		return this.#size;
	}

	get first(): Held | undefined {
		return this.#pieces[0]?.[0];
	}

	placeOf(held: Held): Place {
		return { value: this.#valueOf(held), key: held.key };
	}

	has(held: Held): boolean {
		const [piece, index] = this.#find(this.placeOf(held), false);
		return this.#pieces[piece]?.[index] === held;
	}

	/** One that is in here already stays where it is. */
	add(held: Held): void {
		const [piece, index] = this.#find(this.placeOf(held), false);
		if (this.#pieces[piece]?.[index] === held) return;
		this.#size++;
		// Behind all others: the last piece grows.
		const at = Math.min(piece, Math.max(0, this.#pieces.length - 1));
		const entries = (this.#pieces[at] ??= []);
		entries.splice(at === piece ? index : entries.length, 0, held);
		if (entries.length >= 2 * PIECE) this.#pieces.splice(at + 1, 0, entries.splice(PIECE));
	}

	/** Whether it was in here. */
	delete(held: Held): boolean {
		const [piece, index] = this.#find(this.placeOf(held), false);
		const entries = this.#pieces[piece];
		if (entries?.[index] !== held) return false;
		this.#size--;
		entries.splice(index, 1);
		if (entries.length === 0) this.#pieces.splice(piece, 1);
		return true;
	}

	/** All behind the place, or all. To be read without a pause: nothing may come or go meanwhile. */
	*after(place: Place | null, descending: boolean): Iterable<Held> {
		if (descending) yield* this.#backward(place);
		else yield* this.#forward(place);
	}

	*#forward(place: Place | null): Iterable<Held> {
		let [piece, index] = place === null ? [0, 0] : this.#find(place, true);
		for (; piece < this.#pieces.length; piece++, index = 0) {
			const entries = this.#pieces[piece]!;
			for (; index < entries.length; index++) yield entries[index]!;
		}
	}

	*#backward(place: Place | null): Iterable<Held> {
		let [piece, index] = place === null ? [this.#pieces.length, 0] : this.#find(place, false);
		for (; piece >= 0; index = this.#pieces[--piece]?.length ?? 0) {
			const entries = this.#pieces[piece] ?? [];
			while (index > 0) yield entries[--index]!;
		}
	}

	/** Piece and index of the first entry at or behind the place; with `strictly`, of the first behind it. */
	#find({ value, key }: Place, strictly: boolean): [piece: number, index: number] {
		let low = 0;
		let high = this.#pieces.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			const entries = this.#pieces[middle]!;
			if (this.#isBehind(entries[entries.length - 1]!, value, key, strictly)) high = middle;
			else low = middle + 1;
		}
		const entries = this.#pieces[low];
		return [low, entries === undefined ? 0 : this.#findIn(entries, value, key, strictly)];
	}

	#findIn(entries: readonly Held[], value: number, key: string, strictly: boolean): number {
		let low = 0;
		let high = entries.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#isBehind(entries[middle]!, value, key, strictly)) high = middle;
			else low = middle + 1;
		}
		return low;
	}

	#isBehind(held: Held, value: number, key: string, strictly: boolean): boolean {
		const own = this.#valueOf(held);
		if (own !== value) return own > value;
		return strictly ? held.key > key : held.key >= key;
	}
}
