import type { Provider } from '../../shared/api-types.ts';
import type { Tag } from '../../cache/tags/tags.ts';
import type { ModelState } from '../../cache/store.ts';

/** An invalidation that is still to be carried out. */
export type PendingWork =
	| { kind: 'tags'; tags: readonly Tag[] }
	| { kind: 'matching'; tagSets: readonly (readonly Tag[])[] }
	| { kind: 'keys'; keys: readonly string[] }
	| { kind: 'model'; provider: Provider; model: string; state: ModelState };

export interface PendingRecord {
	id: string;
	/** When it was kept; ISO 8601. */
	created: string;
	work: PendingWork;
}

/** Invalidations that could not be carried out while the store was away, in the order in which they came. */
export interface Outbox {
	/** Resolves with its id when it is kept as safely as this outbox can. */
	add(work: PendingWork): Promise<string>;
	/** All that are still to be carried out, oldest first, those of other processes included; rejects if unknown. */
	pending(): Promise<PendingRecord[]>;
	/** Those that no other process can know of. */
	unwritten(): PendingRecord[];
	/** Answers how many of them were still there: whoever else carried them out may have been faster. */
	remove(ids: readonly string[]): Promise<number>;
}

interface TagRecord {
	id: string;
	created: string;
	tags: readonly string[];
}

/** An outbox that keeps lists of tags, as that in Directus' database. */
export interface TagOutbox {
	add(tags: readonly string[], cause: string): Promise<string>;
	listPending(): Promise<TagRecord[]>;
	listUnwritten(): TagRecord[];
	/** Answers how many of them were still there. */
	remove(ids: readonly string[]): Promise<number>;
}

/** No tag begins so. */
const OTHER_WORK = '!';

/** Keeps every kind of work in an outbox made for tags: what is none is written as one that no entry can hold. */
export function outboxOfTags(outbox: TagOutbox): Outbox {
	return {
		add: (work) =>
			outbox.add(work.kind === 'tags' ? work.tags : [OTHER_WORK + JSON.stringify(work)], `store:${work.kind}`),
		pending: async () => (await outbox.listPending()).map(recordOf),
		unwritten: () => outbox.listUnwritten().map(recordOf),
		remove: (ids) => outbox.remove(ids),
	};
}

const recordOf = ({ id, created, tags }: TagRecord): PendingRecord => ({ id, created, work: workOf(tags) });

function workOf(tags: readonly string[]): PendingWork {
	const [first] = tags;
	if (first?.startsWith(OTHER_WORK)) return JSON.parse(first.slice(OTHER_WORK.length)) as PendingWork;
	return { kind: 'tags', tags };
}
