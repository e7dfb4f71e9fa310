import type { Tag } from '../../cache/dependencies.ts';
import type { EntryQuery } from '../../cache/entry.ts';
import { chunks, number, run } from './client.ts';
import type { RedisContext } from './context.ts';
import { matchingMembers } from './members.ts';
import { type Ranked, RankedList } from './ranking.ts';

/** How long a filtered and sorted list serves further pages. */
const LIST_LIFE_MS = 30_000;
const MAX_LISTS = 8;
const SCORES_PER_CHUNK = 1000;

export interface FilteredList {
	/** When it was begun. */
	at: number;
	ranking: RankedList;
}

/** Lists that were found by intersecting indexes, kept for the pages that follow the first. */
export class FilteredLists {
	readonly #context: RedisContext;
	readonly #lists = new Map<string, FilteredList>();

	constructor(context: RedisContext) {
		this.#context = context;
	}

	/** One made `since` then, which another process may have begun to page through; made now where that is null. */
	async list(query: EntryQuery, tagSets: readonly (readonly Tag[])[], since: number | null): Promise<FilteredList> {
		const name = JSON.stringify([query.sort, query.descending, tagSets]);
		const now = this.#context.clock.now();
		const known = this.#lists.get(name);
		if (known && since !== null && known.at >= since && now - known.at <= LIST_LIFE_MS) return known;
		const list = { at: now, ranking: new RankedList(await this.#find(query, tagSets), query.descending) };
		this.#lists.delete(name);
		this.#lists.set(name, list);
		if (this.#lists.size > MAX_LISTS) this.#lists.delete(this.#lists.keys().next().value!);
		return list;
	}

	async #find(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<Ranked[]> {
		const { client, keys, clock } = this.#context;
		const now = clock.now();
		const live = [...(await matchingMembers(this.#context, tagSets))].filter(([, expires]) => expires > now);
		const byExpiry = live.map(([member, score]) => ({ member, score }));
		if (query.sort === 'expires') return byExpiry;
		const ranked: Ranked[] = [];
		for (const part of chunks(byExpiry, SCORES_PER_CHUNK)) {
			const members = part.map(({ member }) => member);
			const [scores] = await run(client, [['ZMSCORE', keys.sorted(query.sort), ...members]]);
			members.forEach((member, index) => ranked.push({ member, score: number((scores as unknown[])[index]) }));
		}
		return ranked;
	}
}
