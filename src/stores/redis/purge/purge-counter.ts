import type { HeldFigures } from '../../../cache/entry.ts';
import { type Command, number, run, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { figuresOf } from '../index/index-query.ts';

const MEMBERS_PER_CHUNK = 500;
const SAMPLE = 25;
const POLL_MS = 5;
/** After a second, whoever noted it is taken to be gone. */
const MAX_POLLS = 200;

/** A purged tag's index, as it was at that moment. */
export interface SetAside {
	name: string;
	/** Time of the purge. */
	at: number;
	/** Members that were not expired then. */
	live: number;
	/** Some of those. */
	sample: string[];
	/** What earlier purges had noted and not swept by then. */
	earlier: readonly string[];
}

/**
 * What a purge dropped. Set-aside indexes are never changed, so an entry that stands in one of an `earlier` purge, not
 * yet swept when this one came, is that one's to count; all that was swept before stands in none of these any more.
 */
export async function countSetAside(context: RedisContext, setAside: readonly SetAside[]): Promise<HeldFigures> {
	const [only] = setAside;
	if (only === undefined) return { entries: 0, usd: 0, hits: 0, bytes: 0 };
	if (setAside.length === 1 && only.earlier.length === 0) return extrapolate(context, only.live, only.sample);
	await untilSetAside(context, [...new Set(setAside.flatMap(({ earlier }) => earlier))]);
	const counted = new Set<string>();
	for (const { name, at, earlier } of setAside) await collect(context, name, at, earlier, counted);
	return extrapolate(context, counted.size, [...counted].slice(0, SAMPLE));
}

/** An earlier purge may have been noted, and not have come to all its indexes: the same entries must not count for both. */
async function untilSetAside({ client, keys }: RedisContext, names: readonly string[]): Promise<void> {
	let open = names;
	for (let attempt = 0; open.length > 0 && attempt < MAX_POLLS; attempt++) {
		if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		const replies = await run(
			client,
			open.flatMap((name): Command[] => [
				['EXISTS', name],
				['ZSCORE', keys.sweeps, name],
			]),
		);
		open = open.filter((_, index) => number(replies[2 * index]) === 0 && replies[2 * index + 1] !== null);
	}
}

async function collect(
	{ client }: RedisContext,
	name: string,
	at: number,
	earlier: readonly string[],
	counted: Set<string>,
): Promise<void> {
	for (let start = 0; ; start += MEMBERS_PER_CHUNK) {
		const [reply] = await run(client, [['ZRANGE', name, start, start + MEMBERS_PER_CHUNK - 1, 'WITHSCORES']]);
		const page = texts(reply);
		const live = page.filter((_, index) => index % 2 === 0 && Number(page[index + 1]) > at);
		const scores =
			live.length === 0
				? []
				: await run(
						client,
						earlier.map((other): Command => ['ZMSCORE', other, ...live]),
					);
		live.forEach((member, index) => {
			if (scores.every((others) => (others as unknown[])[index] === null)) counted.add(member);
		});
		if (page.length < 2 * MEMBERS_PER_CHUNK) return;
	}
}

async function extrapolate(context: RedisContext, entries: number, sample: readonly string[]): Promise<HeldFigures> {
	const { usd, hits, bytes } = await figuresOf(context, sample);
	const factor = sample.length === 0 ? 0 : entries / sample.length;
	return { entries, usd: usd * factor, hits: Math.round(hits * factor), bytes: Math.round(bytes * factor) };
}
