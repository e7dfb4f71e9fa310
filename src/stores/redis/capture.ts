import type { Tag } from '../../cache/dependencies.ts';
import { newId } from '../../cache/ids.ts';
import type { Lookup } from '../../cache/store.ts';
import { buffer, type Command, run, texts } from './client.ts';
import { type RedisContext, upkeepMs } from './context.ts';
import { groupByTag, tagScripts } from './indexes.ts';
import type { Reader } from './reader.ts';
import { memberOf, type StoredRecord } from './record.ts';
import { type RedisReservation, reservationOf } from './reservation.ts';
import { CAPTURE } from './scripts.ts';

const GENERATION_MS = 10 * 60_000;
/** A generation's place in the indexes, by which purges find it, is given up so long after it must have ended. */
const AFTER_END_MS = 5 * 60_000;

/** One round trip: the tokens of all tags, made where there are none, and what stands at the keys now. */
export async function capture(
	context: RedisContext,
	reader: Reader,
	lookups: readonly Lookup[],
	owners: readonly string[],
): Promise<RedisReservation[]> {
	const { client, keys, clock, limits } = context;
	const life = upkeepMs(context);
	const until = -(clock.now() + (limits.generationMs ?? GENERATION_MS) + AFTER_END_MS);
	const groups = groupByTag(lookups, ({ tags }) => tags);
	const parameters = groups.map(([tag, places]) => {
		const members = places.map((index) => memberOf(owners[index]!, lookups[index]!.key));
		return [tag, [newId(), members.length, ...members]] as const;
	});
	const captures = tagScripts(context, CAPTURE, [life, until], parameters);
	const reads = lookups.map(({ key }): Command => ['GET', keys.entry(key)]);
	const replies = await run(client, [...captures, ...reads]);
	const tokens = replies.slice(0, captures.length).flatMap(texts);
	const values = new Map<Tag, string | undefined>(groups.map(([tag], index) => [tag, tokens[index]]));
	const standing = replies.slice(captures.length).map(buffer);
	const records = lookups.map(({ key }, index) => reader.decode(key, standing[index] ?? null));
	await readFurther(context, records, values);
	return lookups.map((lookup, index) => {
		const record = records[index];
		const captured = {
			tokens: lookup.tags.map((tag) => values.get(tag)!),
			replaced: record && { record, size: standing[index]!.length },
		};
		const replaces = record && reader.judge(record, (tag) => values.get(tag), lookup.tags);
		return reservationOf(lookup, owners[index]!, captured, replaces);
	});
}

/** Tokens that the records need beyond those that were captured. */
async function readFurther(
	{ client, keys }: RedisContext,
	records: readonly (StoredRecord | undefined)[],
	values: Map<Tag, string | undefined>,
): Promise<void> {
	const needed = new Set(records.flatMap((record) => record?.entry.meta.tags ?? []));
	const more = [...needed].filter((tag) => !values.has(tag));
	const replies = await run(
		client,
		more.map((tag): Command => ['GET', keys.token(tag)]),
	);
	more.forEach((tag, index) => values.set(tag, buffer(replies[index])?.toString('latin1')));
}
