import type { Tag } from '../../cache/dependencies.ts';
import type { EntryQuery, FoundPage } from '../../cache/entry.ts';
import { searchText } from '../search.ts';
import { number, run } from './client.ts';
import type { RedisContext } from './context.ts';
import { FilteredLists } from './filtered-lists.ts';
import { type Head, headsOf, validHeads } from './members.ts';
import {
	type Cursor,
	type Position,
	parseCursor,
	type Ranked,
	type Ranking,
	SortedSet,
	writeCursor,
} from './ranking.ts';

/** Entries that a search looks at for one page. */
const SEARCH_MAX = 5000;
const MEMBERS_PER_READ = 200;

/** Pages through the entries by the indexes: unfiltered in constant time, filtered once per list. */
export class Browser {
	readonly #context: RedisContext;
	readonly #lists: FilteredLists;

	constructor(context: RedisContext) {
		this.#context = context;
		this.#lists = new FilteredLists(context);
	}

	async page(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		const after = query.cursor === null ? null : parseCursor(query.cursor);
		const { ranking, total, listedAt } = await this.#ranking(query, tagSets, after);
		const entries: FoundPage['entries'] = [];
		let place = after === null ? 0 : await ranking.placeAfter(after);
		const end = query.search ? place + SEARCH_MAX : Infinity;
		let last: Position | null = null;
		while (entries.length < query.limit && place < end) {
			const wanted = query.search ? MEMBERS_PER_READ : query.limit - entries.length;
			const ranked = await ranking.slice(place, wanted);
			if (ranked.length === 0) return { entries, nextCursor: null, total };
			for (const [index, entry] of (await this.#load(ranked, query)).entries()) {
				place++;
				last = ranked[index]!;
				if (entry) entries.push(entry);
				if (entries.length === query.limit) break;
			}
		}
		const more = last !== null && (await this.#anyLeft(ranking, place));
		return { entries, nextCursor: more && last ? writeCursor({ ...last, listedAt }) : null, total };
	}

	async #ranking(
		query: EntryQuery,
		tagSets: readonly (readonly Tag[])[],
		after: Cursor | null,
	): Promise<{ ranking: Ranking; total: number; listedAt: number | null }> {
		const { client, keys, clock } = this.#context;
		const filtered = tagSets.length > 1 || tagSets[0]?.length !== 1 || tagSets[0][0] !== '*';
		if (filtered) {
			const since = after === null ? null : (after.listedAt ?? 0);
			const { at, ranking } = await this.#lists.list(query, tagSets, since);
			return { ranking, total: ranking.size, listedAt: at };
		}
		const [total] = await run(client, [['ZCOUNT', keys.index('*'), `(${clock.now()}`, '+inf']]);
		const name = query.sort === 'expires' ? keys.index('*') : keys.sorted(query.sort);
		return { ranking: new SortedSet(client, name, query.descending), total: number(total), listedAt: null };
	}

	/** In the order of the list; null for what is not to be shown. */
	async #load(ranked: readonly Ranked[], query: EntryQuery): Promise<(FoundPage['entries'][number] | null)[]> {
		const { client, keys, clock } = this.#context;
		const members = ranked.map(({ member }) => member);
		const heads = await headsOf(this.#context, members);
		const valid = await validHeads(this.#context, heads);
		const [hits] = await run(client, [['ZMSCORE', keys.sorted('hits'), ...members]]);
		return heads.map((head, index) => {
			const shown = head !== null && valid[index] && head.meta.expires > clock.now() && meetsSearch(head, query);
			if (!shown) return null;
			return { entry: { meta: head.meta }, size: head.size, hits: number((hits as unknown[])[index]) };
		});
	}

	/** Places may be left that nothing is to be shown of, as expired entries until they are cleared away. */
	async #anyLeft(ranking: Ranking, place: number): Promise<boolean> {
		const ranked = await ranking.slice(place, MEMBERS_PER_READ);
		if (ranked.length === 0 || ranked.length === MEMBERS_PER_READ) return ranked.length > 0;
		const heads = await headsOf(
			this.#context,
			ranked.map(({ member }) => member),
		);
		const valid = await validHeads(this.#context, heads);
		const now = this.#context.clock.now();
		return heads.some((head, index) => head !== null && valid[index] && head.meta.expires > now);
	}
}

const meetsSearch = ({ meta }: Head, query: EntryQuery): boolean =>
	!query.search || searchText(meta, query).includes(query.search.toLowerCase());
