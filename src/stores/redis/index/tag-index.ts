import { allTag, type Tag } from '../../../cache/tags/tags.ts';
import type { Entry } from '../../../cache/entry.ts';
import { chunks, type Command, isCluster } from '../connection/client.ts';
import { type RedisContext, upkeepMs } from '../connection/context.ts';
import { SORT_NAMES, type SortName } from '../connection/keys.ts';
import { PLACE, STORE_AND_PLACE } from '../connection/lua-scripts.ts';

/** An entry as the indexes know it. */
export interface Indexed {
	member: string;
	entry: Entry;
	tags: readonly Tag[];
	/** Bytes of the whole record. */
	size: number;
}

/** What is to stand at a key. */
export interface Stored {
	key: string;
	owner: string;
	record: Buffer;
	lifeMs: number;
	/** As captured, one for each of its tags. */
	tokens: readonly string[];
	indexed: Indexed;
}

/** So many tags does one script look after: well under a millisecond. */
const TAGS_PER_SCRIPT = 50;

/** Whether one script can look after all of these tags. */
export const fitsOneScript = ({ client }: RedisContext, tags: readonly Tag[]): boolean =>
	!isCluster(client) && tags.length <= TAGS_PER_SCRIPT;

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
	const groups = groupByTag(entries, ({ tags }) => tags);
	const parameters = groups.map(([tag, places]) => {
		const scored = places.flatMap((index) => [entries[index]!.entry.meta.expires, entries[index]!.member]);
		return [tag, [Number(isTrimmed(tag)), places.length, ...scored]] as const;
	});
	const common = [upkeepMs(context), ...trimmedRange(context)];
	return { tags: groups.map(([tag]) => tag), commands: tagScripts(context, PLACE, common, parameters) };
}

const isTrimmed = (tag: Tag): boolean => tag !== allTag();

/** Below zero stands who is under way, by when they are given up. */
function trimmedRange({ clock, limits }: RedisContext): [lowest: number, highest: number] {
	const now = clock.now();
	return [-now, now - limits.staleSeconds * 1000];
}

/** Stores an entry, and gives it all its places, if its reservation and its tokens still stand: `STORE_AND_PLACE`. */
export function storeAndPlaceCommand(context: RedisContext, stored: Stored): Command {
	const { keys } = context;
	const { key, owner, record, lifeMs, tokens, indexed } = stored;
	const { member, entry, tags } = indexed;
	const names = [
		keys.lease(key),
		keys.entry(key),
		...SORT_NAMES.map(keys.sorted),
		...tags.map(keys.token),
		...tags.map(keys.index),
	];
	const trimmed = tags.map((tag) => Number(isTrimmed(tag))).join('');
	const scores = [entry.meta.expires, ...SORT_NAMES.map((name) => sortValue(name, indexed))];
	const upkeep = [upkeepMs(context), ...trimmedRange(context), trimmed];
	const head = [owner, SORT_NAMES.length, tokens.join(''), record, lifeMs, member];
	return ['EVAL', STORE_AND_PLACE, names.length, ...names, ...head, ...upkeep, ...scores];
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
