import { allTag, type Tag } from '../../cache/dependencies.ts';
import type { Entry } from '../../cache/entry.ts';
import { chunks, type Command, isCluster } from './client.ts';
import { type RedisContext, upkeepMs } from './context.ts';
import { SORT_NAMES, type SortName } from './keys.ts';
import { PLACE } from './scripts.ts';

/** An entry as the indexes know it. */
export interface Indexed {
	member: string;
	entry: Entry;
	tags: readonly Tag[];
	/** Bytes of the whole record. */
	size: number;
}

/** So many tags does one script look after: well under a millisecond. */
const TAGS_PER_SCRIPT = 50;

/**
 * The script for these tags, with the parameters that each has of its own; in a cluster, where every tag has its own
 * slot, one call for each. Their replies, one after the other, have one element per tag.
 */
export function tagScripts(
	{ client, keys }: RedisContext,
	script: string,
	common: readonly (string | number)[],
	tags: readonly (readonly [Tag, readonly (string | number)[]])[],
): Command[] {
	return [...chunks(tags, isCluster(client) ? 1 : TAGS_PER_SCRIPT)].map((part): Command => {
		const names = part.flatMap(([tag]) => [keys.token(tag), keys.index(tag)]);
		return ['EVAL', script, names.length, ...names, ...common, ...part.flatMap(([, own]) => own)];
	});
}

/**
 * Gives entries their places in the indexes of their tags, by expiry. What expired leaves an index with the next that
 * comes; that of everything is left to the janitor, who needs it. The replies are the tags' tokens.
 */
export function placeCommands(
	context: RedisContext,
	entries: readonly Indexed[],
): { tags: Tag[]; commands: Command[] } {
	const { clock, limits } = context;
	const now = clock.now();
	const groups = groupByTag(entries, ({ tags }) => tags);
	const parameters = groups.map(([tag, places]) => {
		const scored = places.flatMap((index) => [entries[index]!.entry.meta.expires, entries[index]!.member]);
		return [tag, [tag === allTag() ? 0 : 1, places.length, ...scored]] as const;
	});
	// Below zero stands who is under way, by when they are given up.
	const common = [upkeepMs(context), -now, now - limits.staleSeconds * 1000];
	return { tags: groups.map(([tag]) => tag), commands: tagScripts(context, PLACE, common, parameters) };
}

/** Gives entries their places in the sorted sets. */
export function sortCommands({ keys }: RedisContext, entries: readonly Indexed[]): Command[] {
	return SORT_NAMES.map((name): Command => {
		const scored = entries.flatMap((indexed) => [sortValue(name, indexed), indexed.member]);
		return ['ZADD', keys.sorted(name), ...scored];
	});
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
