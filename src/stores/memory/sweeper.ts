import type { HeldFigures } from '../../cache/entry.ts';
import type { Cell, Sweep } from './tag-versions.ts';
import { addFigures, type Held } from './entry-slot.ts';
import { inTurns, nextTurn } from './yield-to-event-loop.ts';

/** Fewer than are only looked at: to remove one takes over a microsecond. */
export const REMOVALS_PER_TURN = 1000;

/**
 * Gives back the memory of entries whose token is gone. They are invalid already before they are swept; each is
 * counted when it leaves, whatever makes it leave, by the first of the purges that it was live for.
 */
export class Sweeper {
	readonly #entries: () => Iterable<Held>;
	readonly #remove: (held: Held) => void;
	#last: Promise<unknown> = Promise.resolve();

	constructor(entries: () => Iterable<Held>, remove: (held: Held) => void) {
		this.#entries = entries;
		this.#remove = remove;
	}

	/** Sweeps what the revoked cells held, one purge after the other, and none before whoever purged has gone on. */
	sweep(revoked: readonly Cell<Held>[], sweep: Sweep): Promise<HeldFigures> {
		if (revoked.length === 0) return Promise.resolve(sweep.figures);
		const broad = revoked.some((cell) => cell.members === null);
		const swept = this.#last
			.then(nextTurn)
			.then(() => this.#run(broad ? this.#entries() : membersOf(revoked), new Set(revoked)));
		this.#last = swept;
		return swept.then(() => sweep.figures);
	}

	#run(candidates: Iterable<Held>, cells: ReadonlySet<Cell<Held>>): Promise<void> {
		const visit = (held: Held): void => {
			if (held.cells.some((cell) => cells.has(cell))) this.#remove(held);
		};
		return inTurns(candidates, visit, REMOVALS_PER_TURN);
	}
}

/** To be called with every entry that leaves the store. */
export function countForSweep(held: Held): void {
	let first: Sweep | null = null;
	for (const { sweep } of held.cells) if (sweep && (first === null || sweep.order < first.order)) first = sweep;
	if (first !== null && held.expires > first.at) addFigures(first.figures, held);
}

function* membersOf(cells: readonly Cell<Held>[]): Iterable<Held> {
	for (const cell of cells) if (cell.members) yield* cell.members;
}
