import type { Tag } from '../../../cache/tags/tags.ts';
import type { Cell, Cells } from '../tag-versions.ts';
import { type Held, stateOf } from '../entry-slot.ts';
import { inTurns } from '../yield-to-event-loop.ts';

/** Share of the time that counting may take: a walk is good for twenty times as long as it took. */
const REST_FACTOR = 20;
/** A walk this short is done anew every time. */
const NEGLIGIBLE_MS = 5;
const FEW = 1000;

/**
 * Live entries per tag. What few entries hold is counted exactly; what many hold by one walk over everything, whose
 * outcome serves all who ask for as long as walking again would cost too much.
 */
export class Census {
	readonly #entries: () => Iterable<Held>;
	readonly #cells: Cells<Held>;
	readonly #now: () => number;
	#counts: Promise<ReadonlyMap<Cell<Held>, number>> | null = null;
	#goodUntil = -Infinity;

	constructor(entries: () => Iterable<Held>, cells: Cells<Held>, now: () => number) {
		this.#entries = entries;
		this.#cells = cells;
		this.#now = now;
	}

	async count(tags: readonly Tag[]): Promise<number[]> {
		const cells = tags.map((tag) => this.#cells.get(tag));
		const counts = cells.some(isCrowded) ? await this.#walked() : null;
		return cells.map((cell) => {
			if (cell === undefined || cell.sweep !== null) return 0;
			return isCrowded(cell) ? (counts?.get(cell) ?? 0) : this.#among(cell.members ?? []);
		});
	}

	#among(members: Iterable<Held>): number {
		const now = this.#now();
		let live = 0;
		for (const held of members) if (stateOf(held, now) === 'fresh') live++;
		return live;
	}

	#walked(): Promise<ReadonlyMap<Cell<Held>, number>> {
		if (this.#counts === null || performance.now() > this.#goodUntil) {
			this.#goodUntil = Infinity;
			this.#counts = this.#walk();
		}
		return this.#counts;
	}

	async #walk(): Promise<ReadonlyMap<Cell<Held>, number>> {
		const started = performance.now();
		const now = this.#now();
		const counts = new Map<Cell<Held>, number>();
		await inTurns(this.#entries(), (held) => {
			if (stateOf(held, now) !== 'fresh') return;
			for (const cell of held.cells) if (isCrowded(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
		});
		const took = performance.now() - started;
		this.#goodUntil = took < NEGLIGIBLE_MS ? -Infinity : performance.now() + REST_FACTOR * took;
		return counts;
	}
}

const isCrowded = (cell: Cell<Held> | undefined): boolean =>
	cell !== undefined && (cell.members === null || cell.members.size > FEW);
