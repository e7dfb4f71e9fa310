import { chunks, type Command, isCluster, number, run, runOne, text, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { SIFT } from '../connection/lua-scripts.ts';

const MEMBERS_PER_COMMAND = 1000;

/** What stands in a sorted set: by its value, then by its name, which are unique together. */
export interface Ranked {
	score: number;
	member: string;
}

/**
 * What lets members through: a place in at least one index of every set, with a score above this one, which is the same
 * in all of them.
 */
export interface Sieve {
	/** Names of indexes. Fastest with what lets the fewest through first. */
	sets: readonly (readonly string[])[];
	above: number;
}

export interface Sifted {
	/** How many were read, and the last of them. */
	read: number;
	last: Ranked | null;
	/** Those that were let through, with their scores in the list, in its order. */
	matches: Ranked[];
}

/**
 * Reads a part of the list by a command with scores, given without the list's name, and sifts it. A thousand members keep
 * Redis busy for about a millisecond and a half, and for as long again for every index that they are looked up in.
 */
export async function sift(
	{ client }: Pick<RedisContext, 'client'>,
	list: string,
	[name, ...parameters]: Command,
	{ sets, above }: Sieve,
): Promise<Sifted> {
	if (isCluster(client)) return siftInSteps({ client }, [name, list, ...parameters], { sets, above });
	const names = [list, ...sets.flat()];
	const sizes = sets.map((set) => set.length);
	const script: Command = ['EVAL', SIFT, names.length, ...names, above, sets.length, ...sizes, name, ...parameters];
	const [read, member, score, matches] = (await runOne(client, script)) as unknown[];
	return {
		read: number(read),
		last: number(read) === 0 ? null : { member: text(member), score: number(score) },
		matches: inPairs(JSON.parse(text(matches)) as string[]),
	};
}

/** For a cluster, where no script may look at indexes of several tags. */
async function siftInSteps(
	{ client }: Pick<RedisContext, 'client'>,
	read: Command,
	{ sets, above }: Sieve,
): Promise<Sifted> {
	const all = inPairs(texts(await runOne(client, read)));
	let matches = all;
	for (const set of sets) {
		const kept: Ranked[] = [];
		for (const part of chunks(matches, MEMBERS_PER_COMMAND)) {
			const members = part.map(({ member }) => member);
			const replies = await run(
				client,
				set.map((index): Command => ['ZMSCORE', index, ...members]),
			);
			const passes = (place: number): boolean =>
				replies.some((scores) => {
					const score = (scores as unknown[])[place];
					return score !== null && number(score) > above;
				});
			kept.push(...part.filter((_, place) => passes(place)));
		}
		matches = kept;
	}
	return { read: all.length, last: all.at(-1) ?? null, matches };
}

const inPairs = (flat: readonly string[]): Ranked[] =>
	flat.flatMap((member, index) => (index % 2 ? [] : [{ member, score: Number(flat[index + 1]) }]));
