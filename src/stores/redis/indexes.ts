import { allTag, type Tag } from '../../cache/dependencies.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Command } from './client.ts';
import { type RedisContext, upkeepMs } from './context.ts';
import { SORT_NAMES, type SortName } from './keys.ts';

/** An entry as the indexes know it. */
export interface Indexed {
	member: string;
	entry: Entry;
	tags: readonly Tag[];
	/** Bytes of the whole record. */
	size: number;
}

/** Gives entries their places in the indexes of their tags, by expiry, and in the sorted sets. */
export function indexCommands(context: RedisContext, entries: readonly Indexed[]): Command[] {
	const { keys } = context;
	const life = upkeepMs(context);
	const indexes = groupByTag(entries, ({ tags }) => tags).flatMap(([tag, places]): Command[] => {
		const scored = places.flatMap((index) => [entries[index]!.entry.meta.expires, entries[index]!.member]);
		return [['ZADD', keys.index(tag), ...scored], ['PEXPIRE', keys.index(tag), life], ...trimCommands(context, tag)];
	});
	const sorted = SORT_NAMES.map((name): Command => {
		const scored = entries.flatMap((indexed) => [sortValue(name, indexed), indexed.member]);
		return ['ZADD', keys.sorted(name), ...scored];
	});
	return [...indexes, ...sorted];
}

/** A generation that is to leave the indexes. */
export interface Leaving {
	member: string;
	/** As far as they are known. */
	tags: readonly Tag[];
}

/** Takes generations out of the indexes of their tags and the sorted sets, with one command for each. */
export function removalCommands({ keys }: RedisContext, leaving: readonly Leaving[]): Command[] {
	if (leaving.length === 0) return [];
	const all = leaving.map(({ member }) => member);
	const indexes = groupByTag(leaving, ({ tags }) => tags).map(([tag, places]): Command => {
		return ['ZREM', keys.index(tag), ...places.map((place) => all[place]!)];
	});
	return [...indexes, ...SORT_NAMES.map((name): Command => ['ZREM', keys.sorted(name), ...all])];
}

/** What expired leaves the indexes with the next that comes. That of everything is left to the janitor, who needs it. */
function trimCommands({ keys, clock, limits }: RedisContext, tag: Tag): Command[] {
	if (tag === allTag()) return [];
	const now = clock.now();
	return [
		['ZREMRANGEBYSCORE', keys.index(tag), 0, now - limits.staleSeconds * 1000],
		['ZREMRANGEBYSCORE', keys.index(tag), -now, '(0'],
	];
}

function sortValue(name: SortName, { entry, size }: Indexed): number {
	if (name === 'created') return entry.meta.created;
	if (name === 'usd') return entry.meta.usd;
	return name === 'size' ? size : 0;
}

/** For each tag, the places in the list that have it. */
export function groupByTag<Item>(items: readonly Item[], tagsOf: (item: Item) => readonly Tag[]): [Tag, number[]][] {
	const groups = new Map<Tag, number[]>();
	items.forEach((item, index) => {
		for (const tag of tagsOf(item)) {
			const places = groups.get(tag);
			if (places) places.push(index);
			else groups.set(tag, [index]);
		}
	});
	return [...groups];
}
