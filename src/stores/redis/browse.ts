import type { Tag } from '../../cache/dependencies.ts';
import type { EntryQuery, FoundPage } from '../../cache/entry.ts';
import { searchText } from '../search.ts';
import { chunks, type Command, number, run, texts } from './client.ts';
import type { RedisContext } from './context.ts';
import { type Head, headsOf, matchingMembers, validHeads } from './members.ts';

/** How long a filtered and sorted list serves further pages. */
const LIST_LIFE_MS = 30_000;
const MAX_LISTS = 8;
/** Entries that a search looks at for one page. */
const SEARCH_MAX = 5000;
const SCORES_PER_CHUNK = 1000;

interface List {
	at: number;
	members: string[];
}

/** Pages through the entries by the indexes: unfiltered in constant time, filtered once per list. */
export class Browser {
	readonly #context: RedisContext;
	readonly #lists = new Map<string, List>();

	constructor(context: RedisContext) {
		this.#context = context;
	}

	async page(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		const filtered = tagSets.length > 1 || tagSets[0]?.[0] !== '*';
		const source = filtered ? await this.#filtered(query, tagSets) : await this.#sorted(query);
		const entries: FoundPage['entries'] = [];
		let position = query.cursor === null ? 0 : await source.after(query.cursor);
		const last = query.search ? position + SEARCH_MAX : Infinity;
		let lastMember = '';
		while (entries.length < query.limit && position < last) {
			const members = await source.slice(position, query.search ? 200 : query.limit - entries.length + 5);
			if (members.length === 0) return { entries, nextCursor: null, total: source.total };
			for (const { head, entry } of await this.#load(members, query)) {
				position++;
				lastMember = head;
				if (entry) entries.push(entry);
				if (entries.length === query.limit) break;
			}
		}
		const more = (await source.slice(position, 1)).length > 0;
		return { entries, nextCursor: more ? `${position}|${lastMember}` : null, total: source.total };
	}

	async #load(
		members: readonly string[],
		query: EntryQuery,
	): Promise<{ head: string; entry: FoundPage['entries'][number] | null }[]> {
		const heads = await headsOf(this.#context, members);
		const valid = await validHeads(this.#context, heads);
		const { client, keys, clock } = this.#context;
		const [hits] = await run(client, [['ZMSCORE', keys.sorted('hits'), ...members]]);
		return members.map((member, index) => {
			const head = heads[index] ?? null;
			const shown = head !== null && valid[index] && head.meta.expires > clock.now() && meetsSearch(head, query);
			const entry = shown
				? { entry: { meta: head.meta }, size: head.size, hits: number((hits as unknown[])[index]) }
				: null;
			return { head: member, entry };
		});
	}

	async #sorted(query: EntryQuery): Promise<Source> {
		const { client, keys } = this.#context;
		const name = query.sort === 'expires' ? keys.index('*') : keys.sorted(query.sort);
		const range = query.descending ? 'ZREVRANGE' : 'ZRANGE';
		const rank = query.descending ? 'ZREVRANK' : 'ZRANK';
		const [total] = await run(client, [['ZCOUNT', keys.index('*'), `(${this.#context.clock.now()}`, '+inf']]);
		return {
			total: number(total),
			slice: async (start, length) => texts((await run(client, [[range, name, start, start + length - 1]]))[0]),
			after: async (cursor) => {
				const [position, member] = parseCursor(cursor);
				const [place] = await run(client, [[rank, name, member]]);
				return place === null ? position : number(place) + 1;
			},
		};
	}

	async #filtered(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<Source> {
		const name = JSON.stringify([query.sort, query.descending, tagSets]);
		const now = this.#context.clock.now();
		let list = this.#lists.get(name);
		if (list === undefined || query.cursor === null || now - list.at > LIST_LIFE_MS) {
			list = { at: now, members: await this.#listOf(query, tagSets) };
			this.#lists.delete(name);
			this.#lists.set(name, list);
			if (this.#lists.size > MAX_LISTS) this.#lists.delete(this.#lists.keys().next().value!);
		}
		const { members } = list;
		return {
			total: members.length,
			slice: (start, length) => Promise.resolve(members.slice(start, start + length)),
			after: (cursor) => {
				const [position, member] = parseCursor(cursor);
				const place = members[position - 1] === member ? position - 1 : members.indexOf(member);
				return Promise.resolve(place < 0 ? position : place + 1);
			},
		};
	}

	async #listOf(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<string[]> {
		const now = this.#context.clock.now();
		const found = [...(await matchingMembers(this.#context, tagSets))].filter(([, score]) => score > now);
		const scored =
			query.sort === 'expires'
				? found
				: await this.#scores(
						found.map(([member]) => member),
						query.sort,
					);
		const order = query.descending ? -1 : 1;
		scored.sort(([one, a], [other, b]) => order * (a - b || (one < other ? -1 : 1)));
		return scored.map(([member]) => member);
	}

	async #scores(members: readonly string[], sort: 'created' | 'hits' | 'size'): Promise<[string, number][]> {
		const { client, keys } = this.#context;
		const scored: [string, number][] = [];
		for (const part of chunks(members, SCORES_PER_CHUNK)) {
			const [scores] = await run(client, [['ZMSCORE', keys.sorted(sort), ...part] satisfies Command]);
			part.forEach((member, index) => scored.push([member, number((scores as unknown[])[index])]));
		}
		return scored;
	}
}

interface Source {
	total: number;
	slice(start: number, length: number): Promise<string[]>;
	/** Position after the cursor's entry, also where others came or went before it. */
	after(cursor: string): Promise<number>;
}

function parseCursor(cursor: string): [position: number, member: string] {
	const bar = cursor.indexOf('|');
	return [Number(cursor.slice(0, bar)) || 0, cursor.slice(bar + 1)];
}

const meetsSearch = ({ meta }: Head, { search }: EntryQuery): boolean =>
	!search || searchText(meta).includes(search.toLowerCase());
