import type { InvalidationCriteria, JournalDetail, JournalRow } from '../../shared/api-types.ts';
import { allTag, contentOfTags } from '../../cache/tags/tags.ts';
import { newId } from '../../cache/ids.ts';
import type { CarriedOut } from '../../cache/store.ts';
import { writeNote } from './journal-note.ts';

const MAX_JOURNAL_ITEMS = 50;
const MAX_COLLECTIONS = 10;

/** What the journal says of invalidations that were kept while the store was away. `now` in milliseconds. */
export function outageRow(carriedOut: CarriedOut, now: number): JournalRow {
	const { invalidations, since, tags, entries } = carriedOut;
	const content = [...contentOfTags(tags)];
	const collections = content.length > 1 ? shorten(content.map(([collection]) => collection)) : [];
	const details: JournalDetail[] = [{ kind: 'outage', invalidations, collections, since }];
	return {
		id: newId(),
		at: new Date(now).toISOString(),
		cause: 'outage',
		event: null,
		user: null,
		criteria: criteriaOf(tags, content),
		entries,
		note: writeNote(details),
		details,
	};
}

/** Empty where no criteria say it. */
function criteriaOf(tags: readonly string[], content: readonly [string, string[]][]): InvalidationCriteria {
	if (tags.includes(allTag())) return { all: true };
	const [only] = content;
	if (only === undefined || content.length > 1) return {};
	const [collection, items] = only;
	return { collection, ...(items.length > 0 && { items: items.slice(0, MAX_JOURNAL_ITEMS) }) };
}

const shorten = (collections: readonly string[]): string[] => [
	...collections.slice(0, MAX_COLLECTIONS),
	...(collections.length > MAX_COLLECTIONS ? ['…'] : []),
];
