import type { Tag } from '../../cache/dependencies.ts';
import type { HeldFigures } from '../../cache/entry.ts';
import { newId } from '../../cache/ids.ts';
import type { Invalidation } from '../../cache/store.ts';
import { Cluster } from 'ioredis';
import { buffer, chunks, type Command, number, run, texts } from './client.ts';
import type { RedisContext } from './context.ts';
import { figuresOf, headsOf, matchingMembers, validHeads } from './members.ts';
import { keyOf, memberOf } from './record.ts';
import { ID_LENGTH } from '../../cache/ids.ts';
import type { Sweeper } from './sweeper.ts';

/** Tokens named in one UNLINK. */
const TOKENS_PER_COMMAND = 1000;
/** Entries whose cost stands for all of a purge's. */
const SAMPLE = 100;
const MEMBERS_PER_CHUNK = 500;

/** Invalidation: tokens go at once, counting and giving back memory follow. */
export class Purger {
	readonly #context: RedisContext;
	readonly #sweeper: Sweeper;

	constructor(context: RedisContext, sweeper: Sweeper) {
		this.#context = context;
		this.#sweeper = sweeper;
	}

	/** The same few commands whatever hangs on the tags. */
	async invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		if (tags.length === 1) return this.#invalidateOne(tags[0]!);
		await run(this.#context.client, this.#unlink(tags.map(this.#context.keys.token)));
		await this.#context.bus.revoke(tags);
		return { counted: this.#sweeper.sweepTags(tags) };
	}

	/** A single tag's index is set aside whole, so that its size is the count. */
	async #invalidateOne(tag: Tag): Promise<Invalidation> {
		const { client, keys, bus, clock } = this.#context;
		const swept = keys.swept(tag, newId());
		const index = keys.index(tag);
		const replies = await run(
			client,
			[
				['UNLINK', keys.token(tag)],
				['SCARD', keys.sweeps],
				['ZCOUNT', index, `(${clock.now()}`, '+inf'],
				['ZREVRANGE', index, 0, SAMPLE - 1],
				['SADD', keys.sweeps, swept],
				['RENAME', index, swept],
			],
			'RENAME',
		);
		await bus.revoke([tag]);
		const others = number(replies[1]) > 0;
		const estimate = others ? null : this.#estimate(number(replies[2]), texts(replies[3]));
		// Only once the sample is read: the sweep takes it out of the sorted sets.
		const sweep = Promise.resolve(estimate).then(() => this.#sweeper.sweep(swept, [tag]));
		sweep.catch((error: unknown) => this.#context.events.error(error));
		// Another purge's entries may still stand in this index: then only the sweep can tell them apart.
		return { counted: estimate ?? sweep };
	}

	async #estimate(entries: number, sample: readonly string[]): Promise<HeldFigures> {
		const { usd, hits, bytes } = await figuresOf(this.#context, sample);
		const factor = sample.length === 0 ? 0 : entries / sample.length;
		return { entries, usd: usd * factor, hits: Math.round(hits * factor), bytes: Math.round(bytes * factor) };
	}

	/** Each entry that meets all the sets is removed, and whoever generates one may not store it. */
	async invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		const members = [...(await matchingMembers(this.#context, tagSets)).keys()];
		const total: HeldFigures = { entries: 0, usd: 0, hits: 0, bytes: 0 };
		for (const part of chunks(members, MEMBERS_PER_CHUNK)) {
			const figures = await this.#sweeper.forget(part, new Set());
			await this.#context.bus.revoke([], part.map(keyOf));
			for (const name of ['entries', 'usd', 'hits', 'bytes'] as const) total[name] += figures[name];
		}
		return { counted: Promise.resolve(total) };
	}

	async removeKeys(cacheKeys: readonly string[]): Promise<HeldFigures> {
		const { client, keys, bus } = this.#context;
		const owners = await run(
			client,
			cacheKeys.map((key): Command => ['GETRANGE', keys.entry(key), 0, ID_LENGTH - 1]),
		);
		const members = cacheKeys.flatMap((key, index) => {
			const owner = buffer(owners[index]);
			return owner?.length === ID_LENGTH ? [memberOf(owner.toString('latin1'), key)] : [];
		});
		const figures = await this.#sweeper.forget(members, new Set());
		await run(client, this.#unlink(cacheKeys.flatMap((key) => [keys.entry(key), keys.lease(key)])));
		await bus.revoke([], cacheKeys);
		return figures;
	}

	/** Exact: every entry is looked at. */
	async measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		const { client, keys, clock } = this.#context;
		const now = clock.now();
		const [members, pending] = await Promise.all([matchingMembers(this.#context, tagSets), client.scard(keys.sweeps)]);
		let live = [...members].filter(([, score]) => score > now).map(([member]) => member);
		if (pending > 0) live = await this.#valid(live);
		return figuresOf(this.#context, live);
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

	/** Keys of different slots cannot be named in one command to a cluster. */
	#unlink(names: readonly string[]): Command[] {
		if (this.#context.client instanceof Cluster) return names.map((name) => ['UNLINK', name]);
		return [...chunks(names, TOKENS_PER_COMMAND)].map((part) => ['UNLINK', ...part]);
	}
}
