import type { HeldFigures } from '../../cache/entry.ts';
import type { Cell } from './cells.ts';
import { addFigures, noFigures, type Held } from './held.ts';

/** Entries looked at before other work of the process gets its turn. */
const CHUNK = 4000;

/**
 * Gives back the memory of entries whose token is gone, and counts them, in the order of the purges, so that an
 * entry that two purges cover is counted by the first. Entries are invalid already before they are swept.
 */
export class Sweeper {
	readonly #entries: () => Iterable<Held>;
	readonly #remove: (held: Held) => void;
	readonly #now: () => number;
	#last: Promise<unknown> | null = null;

	constructor(entries: () => Iterable<Held>, remove: (held: Held) => void, now: () => number) {
		this.#entries = entries;
		this.#remove = remove;
		this.#now = now;
	}

	/** Sweeps what the revoked cells held. */
	sweep(revoked: readonly Cell<Held>[]): Promise<HeldFigures> {
		if (revoked.length === 0) return Promise.resolve(noFigures());
		const broad = revoked.some((cell) => cell.members === null);
		const candidates = broad ? this.#entries : (): Iterable<Held> => membersOf(revoked);
		const cells = new Set(revoked);
		return this.removeWhere(candidates, (held) => held.cells.some((cell) => cells.has(cell)));
	}

	/** Removes and counts what meets the condition. */
	removeWhere(candidates: () => Iterable<Held>, condition: (held: Held) => boolean): Promise<HeldFigures> {
		const run =
			this.#last === null ? this.#run(candidates, condition) : this.#last.then(() => this.#run(candidates, condition));
		const settled = run.finally(() => {
			if (this.#last === settled) this.#last = null;
		});
		this.#last = settled;
		return settled;
	}

	async #run(candidates: () => Iterable<Held>, condition: (held: Held) => boolean): Promise<HeldFigures> {
		const figures = noFigures();
		const now = this.#now();
		let looked = 0;
		for (const held of candidates()) {
			if (++looked % CHUNK === 0) await new Promise(setImmediate);
			if (!condition(held)) continue;
			if (held.expires > now) addFigures(figures, held);
			this.#remove(held);
		}
		return figures;
	}
}

function* membersOf(cells: readonly Cell<Held>[]): Iterable<Held> {
	for (const cell of cells) if (cell.members) yield* cell.members;
}
