import { decodeEntry, metaEnd } from '../../cache/entry-codec.ts';
import type { Tag } from '../../cache/tags/tags.ts';
import type { Entry, EntryState, HeldFigures } from '../../cache/entry.ts';
import type { Cell } from './tag-versions.ts';

/** An entry in memory: its encoded bytes, and decoded once it was asked for. */
export interface Held {
	readonly key: string;
	readonly bytes: Buffer;
	readonly created: number;
	readonly expires: number;
	readonly usd: number;
	readonly cells: readonly Cell<Held>[];
	/** Seen in full agreement with this list of tags before: most requests for an entry bring the very same one. */
	coveredTags: readonly Tag[] | null;
	decoded: Entry | null;
	hits: number;
}

/** The object, its places in table and queue, and the buffer's own; measured, see `test/bench/memory-bound.ts`. */
const HELD_BYTES = 580;
const PER_CELL_BYTES = 60;
/** What a decoded entry takes besides: the objects around it, and its meta as a multiple of its JSON. */
export const decodedBytes = ({ bytes }: Held): number => 400 + Math.round(1.3 * metaEnd(bytes));

export const heldBytes = (bytes: number, key: string, cells: number): number =>
	bytes + HELD_BYTES + 2 * key.length + cells * PER_CELL_BYTES;

export function stateOf(held: Held, now: number): EntryState {
	for (const cell of held.cells) if (cell.sweep !== null) return 'invalidated';
	return held.expires > now ? 'fresh' : 'expired';
}

export function covers(held: Held, tags: readonly Tag[]): boolean {
	if (held.coveredTags === tags) return true;
	if (!tags.every((tag) => held.cells.some((cell) => cell.tag === tag))) return false;
	held.coveredTags = tags;
	return true;
}

export const meets = (tags: readonly Tag[], tagSets: readonly (readonly Tag[])[]): boolean =>
	tagSets.every((set) => set.some((tag) => tags.includes(tag)));

export const heldMeets = (held: Held, tagSets: readonly (readonly Tag[])[]): boolean =>
	tagSets.every((set) => held.cells.some((cell) => set.includes(cell.tag)));

export function decodeHeld(held: Held, maximumLength: number): Entry {
	return (held.decoded ??= decodeEntry(held.bytes, maximumLength));
}

export const noFigures = (): HeldFigures => ({ entries: 0, usd: 0, hits: 0, bytes: 0 });

export function addFigures(figures: HeldFigures, held: Held): void {
	figures.entries++;
	figures.usd += held.usd;
	figures.hits += held.hits;
	figures.bytes += held.bytes.length;
}
