import { type HeldFigures, NONE_HELD } from '../../../cache/entry.ts';
import { chunks, type Command, number, run, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { removalCommands } from '../index/tag-index.ts';
import { SORT_NAMES } from '../connection/keys.ts';
import { figuresOf, type Head, headsOf, validHeads } from '../index/index-query.ts';
import { keyOf, ownerOf } from '../entries/record-codec.ts';
import { RELEASE_IF_HELD, REMOVE_IF_OWNED } from '../connection/lua-scripts.ts';

const MEMBERS_PER_CHUNK = 250;
/** A set-aside index whose sweep gave no sign for so long is swept by the janitor. */
const ABANDONED_MS = 60_000;
/** How long a swept index stays to be compared with by purges that came while it was pending. */
const SWEPT_LIFE_MS = 60_000;

/** Gives back what invalid and expired entries take, in small pieces beside the work of the process. */
export class Sweeper {
	readonly #context: RedisContext;

	constructor(context: RedisContext) {
		this.#context = context;
	}

	/** Removes all that stands in an index that was set aside. */
	async sweep(swept: string): Promise<void> {
		const { client, keys, clock } = this.#context;
		for (let start = 0; ; start += MEMBERS_PER_CHUNK) {
			const [reply] = await run(client, [
				['ZRANGE', swept, start, start + MEMBERS_PER_CHUNK - 1],
				['ZADD', keys.sweeps, 'XX', clock.now(), swept],
			]);
			const members = texts(reply);
			if (members.length > 0) await this.remove(members, await headsOf(this.#context, members));
			if (members.length < MEMBERS_PER_CHUNK) break;
		}
		const [, others] = await run(client, [
			['ZREM', keys.sweeps, swept],
			['ZCARD', keys.sweeps],
		]);
		await run(client, [number(others) === 0 ? ['UNLINK', swept] : ['PEXPIRE', swept, SWEPT_LIFE_MS]]);
	}

	/** Sweeps that a process left undone. */
	async sweepAbandoned(): Promise<void> {
		const { client, keys, clock } = this.#context;
		const before = clock.now() - ABANDONED_MS;
		for (const swept of await client.zrangebyscore(keys.sweeps, '-inf', before)) await this.sweep(swept);
	}

	/** Removes these generations, keeps from being stored those that are under way, and answers what was live. */
	async forget(members: readonly string[]): Promise<HeldFigures> {
		const { client, keys, clock } = this.#context;
		const total = { ...NONE_HELD };
		for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
			await run(
				client,
				part.map((member): Command => ['EVAL', RELEASE_IF_HELD, 1, keys.lease(keyOf(member)), ownerOf(member)]),
			);
			const heads = await headsOf(this.#context, part);
			const valid = await validHeads(this.#context, heads);
			const now = clock.now();
			const live = part.filter((_, index) => valid[index] && heads[index]!.meta.expires > now);
			const figures = await figuresOf(this.#context, live);
			for (const name of ['entries', 'usd', 'hits', 'bytes'] as const) total[name] += figures[name];
			await this.remove(part, heads);
		}
		return total;
	}

	/** Removes each generation that is still its key's, and its places in the indexes. */
	async remove(members: readonly string[], heads: readonly (Head | null)[]): Promise<void> {
		const { client, keys } = this.#context;
		await run(client, [
			...members.map((member): Command => ['EVAL', REMOVE_IF_OWNED, 1, keys.entry(keyOf(member)), ownerOf(member)]),
			...removalCommands(
				this.#context,
				members.map((member, index) => ({ member, tags: heads[index]?.meta.tags ?? [] })),
			),
		]);
	}

	/** Expired entries with their places in the indexes, as many as there are. */
	async dropExpired(): Promise<void> {
		const { client, keys, clock, limits } = this.#context;
		const everything = keys.index('*');
		const now = clock.now();
		const ranges: Command[] = [
			['ZRANGEBYSCORE', everything, 0, now - limits.staleSeconds * 1000, 'LIMIT', 0, MEMBERS_PER_CHUNK],
			['ZRANGEBYSCORE', everything, -now, '(0', 'LIMIT', 0, MEMBERS_PER_CHUNK],
		];
		for (;;) {
			const members = (await run(client, ranges)).flatMap(texts);
			if (members.length === 0) break;
			await this.remove(members, await headsOf(this.#context, members));
			await run(client, [['ZREM', everything, ...members]]);
		}
		const life = 2 * (limits.maxTtl + limits.staleSeconds) * 1000;
		await run(
			client,
			SORT_NAMES.map((name): Command => ['PEXPIRE', keys.sorted(name), life]),
		);
	}
}
