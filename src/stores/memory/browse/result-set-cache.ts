import { decodeMeta, metaEnd } from '../../../cache/entry-codec.ts';
import type { Tag } from '../../../cache/tags/tags.ts';
import type { EntryMeta, EntryQuery } from '../../../cache/entry.ts';
import { searchText } from '../../shared/search-text.ts';
import type { Cells } from '../tag-versions.ts';
import { type Held, heldMeets } from '../entry-slot.ts';
import type { Ordered } from './sorted-list.ts';
import { Selection } from './result-set.ts';

/** Kept current at once: what somebody pages through, and what they came from. */
const MAX_SELECTIONS = 4;
/** How long after its last page a selection is kept current. */
const KEPT_MS = 5 * 60_000;

type Search = Pick<EntryQuery, 'search' | 'previewHidden'>;

/**
 * What somebody pages through, by filter: ordered when it is first asked for, kept current with every entry that
 * comes or goes, given up a while after the last page. While nobody pages, an entry passes by at no cost.
 */
export class Listings {
	readonly #entries: () => Iterable<Held>;
	readonly #cells: Cells<Held>;
	readonly #now: () => number;
	/** The least recently asked for first. */
	readonly #selections = new Map<string, Selection>();
	#askedAt = 0;

	constructor(entries: () => Iterable<Held>, cells: Cells<Held>, now: () => number) {
		this.#entries = entries;
		this.#cells = cells;
		this.#now = now;
	}

	selection(tagSets: readonly (readonly Tag[])[], query: Search): Selection {
		const search = query.search?.toLowerCase() ?? '';
		const name = JSON.stringify([search, query.previewHidden ?? false, tagSets]);
		const selection = this.#selections.get(name) ?? this.#select(tagSets, { ...query, search });
		this.#selections.delete(name);
		this.#selections.set(name, selection);
		if (this.#selections.size > MAX_SELECTIONS) this.#selections.delete(this.#selections.keys().next().value!);
		this.#askedAt = this.#now();
		return selection;
	}

	add(held: Held): void {
		if (this.#selections.size === 0) return;
		if (this.#now() - this.#askedAt > KEPT_MS) this.#selections.clear();
		for (const selection of this.#selections.values()) selection.add(held);
	}

	delete(held: Held): void {
		if (this.#selections.size === 0) return;
		for (const selection of this.#selections.values()) selection.delete(held);
	}

	addHits(held: Held, hits: number): void {
		const left: Ordered[] = [];
		for (const { byHits } of this.#selections.values()) if (byHits?.delete(held)) left.push(byHits);
		held.hits += hits;
		for (const order of left) order.add(held);
	}

	#select(tagSets: readonly (readonly Tag[])[], query: Search): Selection {
		const found = query.search ? finder(query.search, query) : null;
		const meets = (held: Held): boolean => heldMeets(held, tagSets) && (found === null || found(held));
		const candidates = (): Iterable<Held> => this.#candidates(tagSets);
		return new Selection({ candidates, meets, searches: found !== null }, () => this.#now());
	}

	/** The fewest that hold all that meet the filter: those of one of its sets, where each tag knows who holds it. */
	#candidates(tagSets: readonly (readonly Tag[])[]): Iterable<Held> {
		let fewest: Set<Held>[] | null = null;
		for (const tags of tagSets) {
			const cells = tags.map((tag) => this.#cells.get(tag)).filter((cell) => cell !== undefined);
			const members = cells.map((cell) => cell.members).filter((each) => each !== null);
			if (members.length < cells.length) continue;
			if (fewest === null || count(members) < count(fewest)) fewest = members;
		}
		return fewest === null ? this.#entries() : union(fewest);
	}
}

const count = (sets: readonly Set<Held>[]): number => sets.reduce((sum, { size }) => sum + size, 0);

function* union(sets: readonly Set<Held>[]): Iterable<Held> {
	for (const set of sets) yield* set;
}

/**
 * Whether an entry is found by the text, in lower case. Reads the written meta before it decodes any, and keeps none
 * decoded: a search through everything must not put entries out to make room for that.
 */
function finder(search: string, query: Search): (held: Held) => boolean {
	const written = JSON.stringify(search).slice(1, -1);
	return (held) =>
		held.bytes.toString('utf8', 0, metaEnd(held.bytes)).toLowerCase().includes(written) &&
		searchText(metaOf(held), query).includes(search);
}

export const metaOf = ({ decoded, bytes }: Held): EntryMeta => decoded?.meta ?? decodeMeta(bytes).meta;
