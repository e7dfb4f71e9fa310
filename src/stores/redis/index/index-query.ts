import type { Tag } from '../../../cache/tags/tags.ts';
import { type EntryMeta, type HeldFigures, NONE_HELD } from '../../../cache/entry.ts';
import { buffer, chunks, type Command, isCluster, number, run, texts } from '../connection/client.ts';
import { type RedisContext, upkeepMs } from '../connection/context.ts';
import { decodeRecordMeta, keyOf, memberOf, ownerCommand } from '../entries/record-codec.ts';
import { sift, type Sieve } from './index-filter.ts';

const MEMBERS_PER_CHUNK = 1000;
/** Redis is kept busy for some two milliseconds. */
const SIFTED_PER_CHUNK = 500;
const SIZES_PER_CHUNK = 5000;
/** Enough for nearly every head; longer ones are read again. */
const HEAD_BYTES = 3072;

export interface Head {
	member: string;
	tokens: string[];
	meta: EntryMeta;
	size: number;
}

/**
 * Members of the indexes that stand in at least one index of every set, with their scores: when they expire, or below
 * zero for what is under way. With `above`, those of a higher score alone.
 */
export async function matchingMembers(
	context: RedisContext,
	tagSets: readonly (readonly Tag[])[],
	above = -Number.MAX_VALUE,
): Promise<Map<string, number>> {
	const { client, keys } = context;
	const sizes = await run(
		client,
		tagSets.flat().map((tag): Command => ['ZCARD', keys.index(tag)]),
	);
	let at = 0;
	const sets = tagSets.map((set) => ({
		names: set.map(keys.index),
		size: set.reduce((sum) => sum + number(sizes[at++]), 0),
	}));
	sets.sort((one, other) => one.size - other.size);
	const [smallest, ...others] = sets.map(({ names }) => names);
	const found = new Map<string, number>();
	for (const name of smallest ?? []) await addMatching(context, name, { sets: others, above }, found);
	return found;
}

/** By score, not by rank: ranks shift when others leave, and none may be passed over. Scores only ever rise. */
async function addMatching(context: RedisContext, name: string, sieve: Sieve, found: Map<string, number>) {
	let from = `(${sieve.above}`;
	for (let size = SIFTED_PER_CHUNK; ;) {
		const range = ['ZRANGEBYSCORE', from, '+inf', 'WITHSCORES', 'LIMIT', 0, size] satisfies Command;
		const { read, last, matches } = await sift(context, name, range, sieve);
		for (const { member, score } of matches) found.set(member, score);
		if (last === null || read < size) return;
		// A whole page of one score says nothing of how many more share it.
		size = String(last.score) === from ? 2 * size : SIFTED_PER_CHUNK;
		from = String(last.score);
	}
}

/** What the members cost, served and take. */
export async function figuresOf({ client, keys }: RedisContext, members: readonly string[]): Promise<HeldFigures> {
	const figures: HeldFigures = { ...NONE_HELD, entries: members.length };
	for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
		const [usd, hits, sizes] = await run(client, [
			['ZMSCORE', keys.sorted('usd'), ...part],
			['ZMSCORE', keys.sorted('hits'), ...part],
			['ZMSCORE', keys.sorted('size'), ...part],
		]);
		figures.usd += sum(usd);
		figures.hits += sum(hits);
		figures.bytes += sum(sizes);
	}
	return figures;
}

const sum = (reply: unknown): number => (reply as unknown[]).reduce<number>((total, score) => total + number(score), 0);

/** The meta of each member's entry; null where the key is gone, has been stored anew, or cannot be read. */
export async function headsOf(context: RedisContext, members: readonly string[]): Promise<(Head | null)[]> {
	const { client, keys } = context;
	const replies = await run(
		client,
		members.flatMap((member): Command[] => {
			const name = keys.entry(keyOf(member));
			return [
				['GETRANGE', name, 0, HEAD_BYTES - 1],
				['STRLEN', name],
			];
		}),
	);
	return Promise.all(
		members.map((member, index) =>
			readHead(context, member, buffer(replies[2 * index]), HEAD_BYTES, number(replies[2 * index + 1])),
		),
	);
}

/** From the first bytes of the entry, of which so many were asked for. */
async function readHead(
	context: RedisContext,
	member: string,
	bytes: Buffer | null,
	asked: number,
	size: number,
): Promise<Head | null> {
	if (bytes === null || bytes.length === 0) return null;
	try {
		const head = decodeRecordMeta(bytes);
		if ('missing' in head) {
			if (bytes.length < asked) return null;
			const name = context.keys.entry(keyOf(member));
			const [longer] = await run(context.client, [['GETRANGE', name, 0, head.missing - 1]]);
			return await readHead(context, member, buffer(longer), head.missing, size);
		}
		const { owner, tokens, meta } = head;
		return memberOf(owner, meta.key) === member ? { member, tokens, meta, size } : null;
	} catch {
		return null;
	}
}

/** Which heads' entries are still valid by their tokens, those of the given tags not asked for. */
export async function validHeads(
	{ client, keys }: RedisContext,
	heads: readonly (Head | null)[],
	apart: ReadonlySet<Tag> = new Set(),
): Promise<boolean[]> {
	const tags = [...new Set(heads.flatMap((head) => head?.meta.tags ?? []))].filter((tag) => !apart.has(tag));
	const replies = await run(
		client,
		tags.map((tag): Command => ['GET', keys.token(tag)]),
	);
	const current = new Map(tags.map((tag, index) => [tag, buffer(replies[index])?.toString('latin1')]));
	return heads.map(
		(head) =>
			head !== null && head.meta.tags.every((tag, index) => apart.has(tag) || current.get(tag) === head.tokens[index]),
	);
}

/** Whether Redis may have evicted an index of entries that are still there. */
export async function mayLackMembers(context: RedisContext): Promise<boolean> {
	const { client, keys } = context;
	return (await client.exists(keys.evicted)) === 1 || hasEvicted(context);
}

/** To be called every now and then: Redis counts since its start, and a replica that takes its place not at all. */
export async function noteEvictions(context: RedisContext): Promise<void> {
	const { client, keys } = context;
	if (await hasEvicted(context)) await client.set(keys.evicted, '1', 'PX', upkeepMs(context));
}

async function hasEvicted({ client }: RedisContext): Promise<boolean> {
	const nodes = isCluster(client) ? client.nodes('master') : [client];
	const facts = await Promise.all(nodes.map((node) => node.info('stats')));
	return facts.some((text) => !/^evicted_keys:0\s*$/m.test(text));
}

/** What stands at the keys, as the indexes name it; null where nothing does. */
export async function membersAt(
	{ client, keys }: RedisContext,
	cacheKeys: readonly string[],
): Promise<(string | null)[]> {
	const members: (string | null)[] = [];
	for (const part of chunks(cacheKeys, MEMBERS_PER_CHUNK)) {
		const owners = await run(
			client,
			part.map((key): Command => ownerCommand(keys.entry(key))),
		);
		part.forEach((key, index) => {
			const owner = buffer(owners[index])?.toString('latin1');
			members.push(owner ? memberOf(owner, key) : null);
		});
	}
	return members;
}

/** Bytes of all entries, added up in pieces. */
export async function sizesOfAll({ client, keys }: RedisContext): Promise<number> {
	let bytes = 0;
	for (let start = 0; ; start += SIZES_PER_CHUNK) {
		const range = ['ZRANGE', keys.sorted('size'), start, start + SIZES_PER_CHUNK - 1, 'WITHSCORES'] satisfies Command;
		const page = texts((await run(client, [range]))[0]);
		for (let index = 1; index < page.length; index += 2) bytes += Number(page[index]);
		if (page.length < 2 * SIZES_PER_CHUNK) return bytes;
	}
}
