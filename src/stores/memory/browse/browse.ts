import type { EntryQuery, FoundPage } from '../../../cache/entry.ts';
import { type Held, stateOf } from '../entry-slot.ts';
import { metaOf } from './result-set-cache.ts';
import type { Place } from './sorted-list.ts';
import type { Selection } from './result-set.ts';

/** One page: the same work for the first page and for the last, once the selection is in that order. */
export async function browse(selection: Selection, query: EntryQuery, now: number): Promise<FoundPage> {
	const order = await selection.by(query.sort);
	const page: Held[] = [];
	let more = false;
	for (const held of order.after(parseCursor(query.cursor), query.descending)) {
		if (stateOf(held, now) !== 'fresh') continue;
		more = page.length === query.limit;
		if (more) break;
		page.push(held);
	}
	const last = page.at(-1);
	return {
		entries: page.map((held) => ({ entry: { meta: metaOf(held) }, size: held.bytes.length, hits: held.hits })),
		nextCursor: more && last ? writeCursor(order.placeOf(last)) : null,
		total: selection.size,
	};
}

const writeCursor = ({ value, key }: Place): string => `${value}|${key}`;

/** Null for what is no cursor of ours: the list then begins at its beginning. */
function parseCursor(cursor: string | null): Place | null {
	const [, value, key] = /^(-?[\d.]+)\|(.*)$/s.exec(cursor ?? '') ?? [];
	return value === undefined || key === undefined ? null : { value: Number(value), key };
}
