import type { Tag } from '../../cache/tags/tags.ts';
import type { HeldFigures } from '../../cache/entry.ts';

/** One purge. */
export interface Sweep {
	/** Purges are numbered as they come. */
	readonly order: number;
	/** When it came: what had expired by then is not counted. */
	readonly at: number;
	/** What it has dropped so far. */
	readonly figures: HeldFigures;
}

/**
 * A tag's token where entries live in the same process: the object itself is what an entry holds, so checking it
 * costs one read. Revoked once, never alive again; the next capture makes a new one.
 */
export interface Cell<Member> {
	readonly tag: Tag;
	/** The purge that revoked it. */
	sweep: Sweep | null;
	/** Entries and reservations that hold it. */
	holders: number;
	/** Who holds it; null for tags that so many hold that a walk over everything costs no more. */
	readonly members: Set<Member> | null;
}

/** What the accounting adds for a cell: the object, its place in the table and a set of one or two members. */
export const CELL_BYTES = 330;
const BROAD = /^(\*|[pmc]:)/;

/** The tokens of one process's memory store. A cell that nobody holds is forgotten. */
export class Cells<Member> {
	readonly #cells = new Map<Tag, Cell<Member>>();
	readonly #onBytes: (bytes: number) => void;

	/** `onBytes` is told by how much the table grew or shrank. */
	constructor(onBytes: (bytes: number) => void = () => {}) {
		this.#onBytes = onBytes;
	}

	get(tag: Tag): Cell<Member> | undefined {
		return this.#cells.get(tag);
	}

	/** The live cell of the tag, made when there is none, held once more. */
	hold(tag: Tag): Cell<Member> {
		let cell = this.#cells.get(tag);
		if (cell === undefined) {
			cell = { tag, sweep: null, holders: 0, members: BROAD.test(tag) ? null : new Set() };
			this.#cells.set(tag, cell);
			this.#onBytes(CELL_BYTES + tag.length);
		}
		cell.holders++;
		return cell;
	}

	letGo(cell: Cell<Member>): void {
		if (--cell.holders === 0 && cell.sweep === null) this.#drop(cell);
	}

	/** Answers the cell that was revoked, undefined where nothing held the tag. */
	revoke(tag: Tag, sweep: Sweep): Cell<Member> | undefined {
		const cell = this.#cells.get(tag);
		if (cell === undefined) return undefined;
		cell.sweep = sweep;
		this.#drop(cell);
		return cell;
	}

	#drop(cell: Cell<Member>): void {
		this.#cells.delete(cell.tag);
		this.#onBytes(-CELL_BYTES - cell.tag.length);
	}
}
