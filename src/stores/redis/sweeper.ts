import type { Tag } from '../../cache/dependencies.ts';
import type { HeldFigures } from '../../cache/entry.ts';
import { newId } from '../../cache/ids.ts';
import { chunks, type Command, run, texts } from './client.ts';
import type { RedisContext } from './context.ts';
import { SORT_NAMES } from './keys.ts';
import { figuresOf, type Head, headsOf, validHeads } from './members.ts';
import { keyOf, ownerOf } from './record.ts';
import { REMOVE_IF_OWNED } from './scripts.ts';

const MEMBERS_PER_CHUNK = 250;
const TAGS_PER_CHUNK = 500;
const JANITOR_EVERY_MS = 60_000;
const EXPIRED_PER_RUN = 5000;

/** Gives back what invalid and expired entries take, in small pieces beside the work of the process. */
export class Sweeper {
	readonly #context: RedisContext;
	readonly #removal: (member: string, tags: readonly Tag[]) => Command[];
	#timer: NodeJS.Timeout | undefined;

	constructor(context: RedisContext, removal: (member: string, tags: readonly Tag[]) => Command[]) {
		this.#context = context;
		this.#removal = removal;
	}

	start(): void {
		this.#timer = setInterval(() => void this.#clean(), JANITOR_EVERY_MS);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/** Sets the tags' indexes aside, and sweeps and counts what stood in them. */
	async sweepTags(tags: readonly Tag[]): Promise<HeldFigures> {
		const { client, keys } = this.#context;
		const id = newId();
		const members = new Set<string>();
		for (const part of chunks(tags, TAGS_PER_CHUNK)) {
			const replies = await run(
				client,
				part.map((tag): Command => ['EXISTS', keys.index(tag)]),
			);
			const held = part
				.filter((_, index) => Number(replies[index]) === 1)
				.map((tag) => ({ tag, swept: keys.swept(tag, id) }));
			if (held.length === 0) continue;
			await run(
				client,
				[
					['SADD', keys.sweeps, ...held.map(({ swept }) => swept)],
					...held.map(({ tag, swept }): Command => ['RENAME', keys.index(tag), swept]),
				],
				'RENAME',
			);
			for (const { swept } of held) for (const member of await this.#take(swept)) members.add(member);
		}
		return this.forget([...members], new Set(tags));
	}

	/** Sweeps an index that was set aside; counts what was valid but for the given tags. */
	async sweep(swept: string, tags: readonly Tag[]): Promise<HeldFigures> {
		return this.forget(await this.#take(swept), new Set(tags));
	}

	/** Removes these generations from the store and all indexes; answers what was live but for the given tags. */
	async forget(members: readonly string[], apart: ReadonlySet<Tag>): Promise<HeldFigures> {
		const total: HeldFigures = { entries: 0, usd: 0, hits: 0, bytes: 0 };
		for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
			const heads = await headsOf(this.#context, part);
			const valid = await validHeads(this.#context, heads, apart);
			const now = this.#context.clock.now();
			const live = part.filter((_, index) => valid[index] && heads[index]!.meta.expires > now);
			const figures = await figuresOf(this.#context, live);
			total.entries += figures.entries;
			total.usd += figures.usd;
			total.hits += figures.hits;
			total.bytes += figures.bytes;
			await this.remove(part, heads);
		}
		return total;
	}

	/** Ends each generation, stored or under way, that is still its key's. */
	async remove(members: readonly string[], heads: readonly (Head | null)[]): Promise<void> {
		const { client, keys } = this.#context;
		await run(client, [
			...members.map((member): Command => {
				const key = keyOf(member);
				return ['EVAL', REMOVE_IF_OWNED, 2, keys.entry(key), keys.lease(key), ownerOf(member)];
			}),
			...members.flatMap((member, index) => this.#removal(member, heads[index]?.meta.tags ?? [])),
		]);
	}

	/** The members of a set-aside index; the set goes with this, and with it the note that it is there. */
	async #take(swept: string): Promise<string[]> {
		const { client, keys } = this.#context;
		const members: string[] = [];
		for (let start = 0; ; start += TAGS_PER_CHUNK) {
			const [reply] = await run(client, [['ZRANGE', swept, start, start + TAGS_PER_CHUNK - 1]]);
			const page = texts(reply);
			members.push(...page);
			if (page.length < TAGS_PER_CHUNK) break;
		}
		await run(client, [
			['UNLINK', swept],
			['SREM', keys.sweeps, swept],
		]);
		return members;
	}

	/** Once a minute, in one process of all: sweeps that a process left undone, and expired entries. */
	async #clean(): Promise<void> {
		const { client, keys, events } = this.#context;
		try {
			const mine = await client.set(keys.janitor, '1', 'PX', JANITOR_EVERY_MS - 1000, 'NX');
			if (mine === null) return;
			for (const swept of await client.smembers(keys.sweeps)) await this.sweep(swept, []);
			await this.#dropExpired();
		} catch (error) {
			events.error(error);
		}
	}

	async #dropExpired(): Promise<void> {
		const { client, keys, clock, limits } = this.#context;
		const gone = clock.now() - limits.staleSeconds * 1000;
		const everything = keys.index('*');
		const [expired, abandoned] = await run(client, [
			['ZRANGEBYSCORE', everything, 0, gone, 'LIMIT', 0, EXPIRED_PER_RUN],
			['ZRANGEBYSCORE', everything, -clock.now(), '(0', 'LIMIT', 0, EXPIRED_PER_RUN],
		]);
		for (const part of chunks([...texts(expired), ...texts(abandoned)], MEMBERS_PER_CHUNK)) {
			await this.remove(part, await headsOf(this.#context, part));
			await run(client, [['ZREM', everything, ...part]]);
		}
		for (const name of SORT_NAMES)
			await client.pexpire(keys.sorted(name), 2 * (limits.maxTtl + limits.staleSeconds) * 1000);
	}
}
