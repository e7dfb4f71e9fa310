import type { Tag } from '../../../cache/tags/tags.ts';
import { newId } from '../../../cache/ids.ts';
import type { Begin, Lookup } from '../../../cache/store.ts';
import { buffer, type Command, run, runOne, text, texts } from '../connection/client.ts';
import { type RedisContext, upkeepMs } from '../connection/context.ts';
import { groupByTag, tagScripts } from '../index/tag-index.ts';
import type { Reader } from './entry-reader.ts';
import { memberOf } from './record-codec.ts';
import { type RedisReservation, reservationOf } from './reservation.ts';
import { CAPTURE, RESERVE } from '../connection/lua-scripts.ts';

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
	const { client, keys } = context;
	const groups = groupByTag(lookups, ({ tags }) => tags);
	const parameters = groups.map(([tag, places]) => {
		const members = places.map((index) => memberOf(owners[index]!, lookups[index]!.key));
		return [tag, [newId(), members.length, ...members]] as const;
	});
	const captures = tagScripts(context, CAPTURE, [upkeepMs(context), untilOf(context)], parameters);
	const reads = lookups.map(({ key }): Command => ['GET', keys.entry(key)]);
	const replies = await run(client, [...captures, ...reads]);
	const tokens = replies.slice(0, captures.length).flatMap(texts);
	const values = new Map<Tag, string | undefined>(groups.map(([tag], index) => [tag, tokens[index]]));
	const standing = replies.slice(captures.length).map(buffer);
	return conclude(reader, { lookups, owners, standing, values });
}

/** Takes the lease and captures, at once: null where another holds it. */
export async function reserve(
	context: RedisContext,
	reader: Reader,
	{ key, tags, owner, force, leaseMs }: Begin,
): Promise<RedisReservation | null> {
	const { client, keys } = context;
	const names = [keys.lease(key), keys.entry(key), ...tags.flatMap((tag) => [keys.token(tag), keys.index(tag)])];
	const parameters = [
		owner,
		leaseMs,
		Number(force),
		upkeepMs(context),
		memberOf(owner, key),
		untilOf(context),
		newId(),
	];
	const reply = await runOne(client, ['EVAL', RESERVE, names.length, ...names, ...parameters]);
	if (!Array.isArray(reply)) return null;
	const [standing, ...tokens] = reply as unknown[];
	const values = new Map(tags.map((tag, index) => [tag, text(tokens[index])]));
	const captured = { lookups: [{ key, tags }], owners: [owner], standing: [buffer(standing)], values };
	const [reservation] = await conclude(reader, captured);
	return reservation!;
}

/** Below zero, as they are under way: until when generations that begin now keep their places. */
const untilOf = ({ clock, limits }: RedisContext): number =>
	-(clock.now() + (limits.generationMs ?? GENERATION_MS) + AFTER_END_MS);

interface CapturedForAll {
	lookups: readonly Lookup[];
	owners: readonly string[];
	/** What stands at each key. */
	standing: readonly (Buffer | null)[];
	values: Map<Tag, string | undefined>;
}

async function conclude(
	reader: Reader,
	{ lookups, owners, standing, values }: CapturedForAll,
): Promise<RedisReservation[]> {
	const records = lookups.map(({ key }, index) => reader.decode(key, standing[index] ?? null));
	await reader.readFurther(records, values);
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
