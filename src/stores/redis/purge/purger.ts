import type { Tag } from '../../../cache/tags/tags.ts';
import { type HeldFigures, NONE_HELD } from '../../../cache/entry.ts';
import { ID_LENGTH, newId } from '../../../cache/ids.ts';
import type { Invalidation } from '../../../cache/store.ts';
import {
	buffer,
	chunks,
	type Command,
	isCluster,
	number,
	run,
	runInOrder,
	runOne,
	texts,
} from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { figuresOf, headsOf, matchingMembers, mayLackMembers, validHeads } from '../index/index-query.ts';
import { memberOf, ownerCommand } from '../entries/record-codec.ts';
import { NOTE_SWEEPS, PURGE, PURGE_ALL } from '../connection/lua-scripts.ts';
import type { Sweeper } from './sweeper.ts';
import { countSetAside, type SetAside } from './purge-counter.ts';

/** Entries whose cost stands for all of a purge's. */
const SAMPLE = 25;
const MEMBERS_PER_CHUNK = 500;

type PurgedAtOnce = [number: unknown, noted: unknown, found: [place: unknown, live: unknown, sample: unknown][]];

const TAGS_PER_SCRIPT = 1000;

interface Purged {
	setAside: SetAside[];
	/** Noted names of tags that nothing held. */
	absent: string[];
}

/** Invalidation: tokens go at once, counting and giving back memory follow. */
export class Purger {
	readonly #context: RedisContext;
	readonly #sweeper: Sweeper;

	constructor(context: RedisContext, sweeper: Sweeper) {
		this.#context = context;
		this.#sweeper = sweeper;
	}

	/** As many commands whatever hangs on the tags; in force after one round trip. */
	async invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		const own = [...new Set(tags)];
		const cluster = isCluster(this.#context.client);
		const { setAside, absent } = cluster ? await this.#purgeInSteps(own) : await this.#purgeAtOnce(own);
		const counted = this.#count(setAside, absent);
		// Only once it is counted: the sweep takes from the sorted sets what the count reads.
		counted
			.catch(() => {})
			.then(() => this.#sweepAll(setAside))
			.catch((error: unknown) => this.#context.events.error(error));
		return { counted };
	}

	/** Takes back the notes of what was not there to be set aside; until then, others' counts wait for it. */
	async #count(setAside: readonly SetAside[], absent: readonly string[]): Promise<HeldFigures> {
		const { client, keys } = this.#context;
		if (absent.length > 0) await run(client, [['ZREM', keys.sweeps, ...absent]]);
		return countSetAside(this.#context, setAside);
	}

	/** One script for a thousand tags: most changes touch what no answer depends on, and each command costs as much. */
	async #purgeAtOnce(tags: readonly Tag[]): Promise<Purged> {
		const { client, keys, clock, detector } = this.#context;
		const now = clock.now();
		const id = newId();
		const setAside: SetAside[] = [];
		const purge = async (part: readonly Tag[]): Promise<void> => {
			const names = part.flatMap((tag) => [keys.token(tag), keys.index(tag), keys.swept(tag, id)]);
			const command: Command = ['EVAL', PURGE_ALL, 2 + names.length, keys.sequence, keys.sweeps, ...names, now, SAMPLE];
			const [sequence, noted, found] = (await runOne(client, command)) as PurgedAtOnce;
			detector.noteNumber(sequence);
			const earlier = texts(noted).filter((name) => !name.endsWith(id));
			for (const [place, live, sample] of found) {
				const name = keys.swept(part[number(place)]!, id);
				setAside.push({ name, at: now, live: number(live), sample: texts(sample), earlier });
			}
		};
		await Promise.all([...chunks(tags, TAGS_PER_SCRIPT)].map(purge));
		return { setAside, absent: [] };
	}

	/**
	 * For a cluster, whose nodes do not wait for each other. Indexes are noted before they are set aside, so that no crash
	 * leaves any unswept.
	 */
	async #purgeInSteps(tags: readonly Tag[]): Promise<Purged> {
		const { client, keys, clock } = this.#context;
		const now = clock.now();
		const id = newId();
		const names = tags.map((tag) => keys.swept(tag, id));
		const [noted, ...replies] = await runInOrder(client, [
			[['EVAL', NOTE_SWEEPS, 1, keys.sweeps, now, ...names]],
			tags.map((tag, index): Command => {
				return ['EVAL', PURGE, 3, keys.token(tag), keys.index(tag), names[index]!, now, SAMPLE];
			}),
		]);
		await this.#countUp();
		const earlier = texts(noted);
		const setAside: SetAside[] = [];
		const absent: string[] = [];
		names.forEach((name, index) => {
			const reply = replies[index];
			if (!Array.isArray(reply)) absent.push(name);
			else setAside.push({ name, at: now, live: number(reply[0]), sample: texts(reply[1]), earlier });
		});
		return { setAside, absent };
	}

	async #sweepAll(setAside: readonly SetAside[]): Promise<void> {
		for (const { name } of setAside) await this.#sweeper.sweep(name);
	}

	/** Each entry that meets all the sets is removed, and whoever generates one may not store it. */
	async invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		// Redis may have evicted an index: then more goes than was asked, never less.
		if (await mayLackMembers(this.#context)) {
			return { ...(await this.invalidate(tagSets.at(-1) ?? [])), widened: true };
		}
		const members = [...(await matchingMembers(this.#context, tagSets)).keys()];
		const total = { ...NONE_HELD };
		for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
			const figures = await this.#sweeper.forget(part);
			for (const name of ['entries', 'usd', 'hits', 'bytes'] as const) total[name] += figures[name];
		}
		await this.#countUp();
		return { counted: Promise.resolve(total) };
	}

	async removeKeys(cacheKeys: readonly string[]): Promise<HeldFigures> {
		const { client, keys, hints } = this.#context;
		// Leases first: after that, nothing that was under way can be stored.
		const replies = await runInOrder(client, [
			cacheKeys.map((key): Command => ['UNLINK', keys.lease(key)]),
			cacheKeys.map((key): Command => ownerCommand(keys.entry(key))),
		]);
		const owners = replies.slice(cacheKeys.length).map((reply) => buffer(reply)?.toString('latin1') ?? '');
		const members = cacheKeys.flatMap((key, index) =>
			owners[index]!.length === ID_LENGTH ? [memberOf(owners[index]!, key)] : [],
		);
		const figures = await this.#sweeper.forget(members);
		await this.#countUp();
		hints.send(cacheKeys);
		return figures;
	}

	/** Exact: where a purge has not been swept yet, every entry is looked at. */
	async measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		const { client, keys, clock } = this.#context;
		const now = clock.now();
		const [members, pending] = await Promise.all([
			matchingMembers(this.#context, tagSets, now),
			client.zcard(keys.sweeps),
		]);
		let live = [...members.keys()];
		if (pending > 0) live = await this.#valid(live);
		return figuresOf(this.#context, live);
	}

	/** Raises the number of the last invalidation. */
	async #countUp(): Promise<void> {
		const { client, keys, detector } = this.#context;
		detector.noteNumber(await runOne(client, ['INCR', keys.sequence]));
	}

	async #valid(members: readonly string[]): Promise<string[]> {
		const valid: string[] = [];
		for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
			const heads = await headsOf(this.#context, part);
			const flags = await validHeads(this.#context, heads);
			valid.push(...part.filter((_, index) => flags[index]));
		}
		return valid;
	}
}
