import type { Tag } from '../../../cache/tags/tags.ts';
import type { EntryQuery, FoundPage } from '../../../cache/entry.ts';
import { searchText } from '../../shared/search-text.ts';
import { chunks, type Command, number, run } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { FilteredTotals } from './count-cache.ts';
import { type Head, headsOf, matchingMembers, validHeads } from './index-query.ts';
import {
	MAX_MEMBERS_PER_READ,
	type Position,
	parseCursor,
	RankedList,
	type Ranking,
	SortedSet,
	writeCursor,
} from './index-cursor.ts';
import type { Ranked } from './index-filter.ts';

/** Entries that a search looks at for one page. */
const SEARCH_MAX = 5000;
const HEADS_PER_SEARCH = 200;
/** What it costs to put an entry in order, in entries that are passed on the way. */
const ORDERING_COSTS = 2;
const MIN_PER_READ = 100;

type Rows = FoundPage['entries'];
type TagSets = readonly (readonly Tag[])[];

/** Pages through the entries by the indexes, in a time that depends neither on the page nor on how many there are. */
export class Browser {
	readonly #context: RedisContext;
	readonly #totals: FilteredTotals;

	constructor(context: RedisContext) {
		this.#context = context;
		this.#totals = new FilteredTotals(context);
	}

	async page(query: EntryQuery, tagSets: TagSets): Promise<FoundPage> {
		let last = query.cursor === null ? null : parseCursor(query.cursor);
		const { ranking, total } = await this.#list(query, tagSets);
		const entries: Rows = [];
		// One more than is shown, to know whether there is a next page.
		const atOnce = query.search ? HEADS_PER_SEARCH : query.limit + 1;
		let looked = 0;
		for await (const part of ranking.after(last)) {
			for (const ranked of chunks(part, atOnce)) {
				for (const [index, row] of (await this.#load(ranked, query)).entries()) {
					if (row !== null && entries.length === query.limit) return { entries, nextCursor: cursorAt(last), total };
					if (row !== null) entries.push(row);
					last = ranked[index]!;
				}
				looked += ranked.length;
				if (query.search && looked >= SEARCH_MAX) return { entries, nextCursor: cursorAt(last), total };
			}
		}
		return { entries, nextCursor: null, total };
	}

	async #list(query: EntryQuery, tagSets: TagSets): Promise<{ ranking: Ranking; total: number }> {
		const { client, keys, clock } = this.#context;
		const now = clock.now();
		const name = query.sort === 'expires' ? keys.index('*') : keys.sorted(query.sort);
		const tags = tagSets.flat();
		const live = tags.map((tag): Command => ['ZCOUNT', keys.index(tag), `(${now}`, '+inf']);
		const [size, sequence, ...counts] = await run(client, [['ZCARD', name], ['GET', keys.sequence], ...live]);
		const countOf = new Map(tags.map((tag, index) => [tag, number(counts[index])]));
		const sizeOf = (set: readonly Tag[]): number => set.reduce((sum, tag) => sum + countOf.get(tag)!, 0);
		const sets = tagSets
			.map((set) => set.filter((tag) => countOf.get(tag)! > 0))
			.sort((one, other) => sizeOf(one) - sizeOf(other));
		const fewest = sizeOf(sets[0] ?? []);
		// A page's worth is met with on the way through all; where few meet the filter, these are put in order instead.
		const onTheWay = Math.ceil((1.5 * (query.limit + 1) * number(size)) / fewest);
		if (fewest === 0 || ORDERING_COSTS * fewest <= onTheWay) {
			const ranked = fewest === 0 ? [] : await this.#inOrder(query, sets, now);
			return { ranking: new RankedList(ranked, query.descending), total: ranked.length };
		}
		const sieve = { sets: sets.map((set) => set.map(keys.index)), above: now };
		const perRead = Math.min(MAX_MEMBERS_PER_READ, query.search ? Infinity : Math.max(MIN_PER_READ, onTheWay));
		const ranking = new SortedSet({ client }, { name, descending: query.descending }, sieve, perRead);
		const alone = sets.length === 1 && sets[0]!.length === 1;
		const state = `${number(sequence)} ${[...countOf.values()].join(' ')}`;
		return { ranking, total: alone ? fewest : await this.#totals.of(sets, state) };
	}

	async #inOrder(query: EntryQuery, tagSets: TagSets, now: number): Promise<Ranked[]> {
		const { client, keys } = this.#context;
		const found = await matchingMembers(this.#context, tagSets, now);
		if (query.sort === 'expires') return [...found].map(([member, score]) => ({ member, score }));
		const ranked: Ranked[] = [];
		for (const members of chunks([...found.keys()], MAX_MEMBERS_PER_READ)) {
			const [scores] = await run(client, [['ZMSCORE', keys.sorted(query.sort), ...members]]);
			members.forEach((member, index) => ranked.push({ member, score: number((scores as unknown[])[index]) }));
		}
		return ranked;
	}

	/** In the order of the list; null for what is not to be shown. */
	async #load(ranked: readonly Ranked[], query: EntryQuery): Promise<(Rows[number] | null)[]> {
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
}

const cursorAt = (position: Position | null): string | null => position && writeCursor(position);

const meetsSearch = ({ meta }: Head, query: EntryQuery): boolean =>
	!query.search || searchText(meta, query).includes(query.search.toLowerCase());
