import type { Tag } from '../../cache/dependencies.ts';
import type { Entry, EntryQuery, FoundPage } from '../../cache/entry.ts';
import { searchText } from '../search.ts';
import { type Held, heldMeets, stateOf } from './held.ts';
import { inTurns } from './turns.ts';

/** One page, in one walk over all entries: the same work for the first page and for the last. */
export async function browse(
	entries: Iterable<Held>,
	query: EntryQuery,
	tagSets: readonly (readonly Tag[])[],
	now: number,
	decode: (held: Held) => Entry,
): Promise<FoundPage> {
	const after = query.cursor === null ? null : parseCursor(query.cursor);
	const search = query.search?.toLowerCase();
	const page: Held[] = [];
	let total = 0;
	await inTurns(entries, (held) => {
		if (stateOf(held, now) !== 'fresh' || !heldMeets(held, tagSets)) return;
		if (search && !searchText(decode(held).meta).includes(search)) return;
		total++;
		if (after === null || isAfter(held, after, query)) insert(page, held, query);
	});
	const more = page.length > query.limit;
	if (more) page.pop();
	const last = page.at(-1);
	return {
		entries: page.map((held) => ({ entry: decode(held), size: held.bytes.length, hits: held.hits })),
		nextCursor: more && last ? `${value(last, query)}|${last.key}` : null,
		total,
	};
}

interface Position {
	value: number;
	key: string;
}

/** Null for what is no cursor of ours: the list then begins at its beginning. */
function parseCursor(cursor: string): Position | null {
	const [, value, key] = /^(-?[\d.]+)\|(.*)$/s.exec(cursor) ?? [];
	return value === undefined || key === undefined ? null : { value: Number(value), key };
}

function value(held: Held, query: EntryQuery): number {
	if (query.sort === 'size') return held.bytes.length;
	return held[query.sort];
}

function compare(held: Held, position: Position, query: EntryQuery): number {
	const byValue =
		value(held, query) - position.value || (held.key < position.key ? -1 : Number(held.key > position.key));
	return query.descending ? -byValue : byValue;
}

const isAfter = (held: Held, position: Position, query: EntryQuery): boolean => compare(held, position, query) > 0;

/** Keeps the page sorted and one longer than asked, which tells that there is more. */
function insert(page: Held[], held: Held, query: EntryQuery): void {
	let low = 0;
	let high = page.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		const other = page[middle]!;
		if (compare(held, { value: value(other, query), key: other.key }, query) > 0) low = middle + 1;
		else high = middle;
	}
	if (low > query.limit) return;
	page.splice(low, 0, held);
	if (page.length > query.limit + 1) page.pop();
}
