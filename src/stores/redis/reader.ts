import type { Tag } from '../../cache/dependencies.ts';
import type { Entry, EntryState, Found } from '../../cache/entry.ts';
import type { Lookup } from '../../cache/store.ts';
import { Cluster } from 'ioredis';
import type { RedisContext } from './context.ts';
import { FirstLevel } from './first-level.ts';
import { decodeRecord, type StoredRecord } from './record.ts';
import { type KnownToken, TokenTable } from './tokens.ts';

const MAX_TOKENS = 200_000;

/** Look-ups: from the process's own memory where the bus vouches for it, else in one round trip. */
export class Reader {
	readonly #context: RedisContext;
	readonly #tokens = new TokenTable(MAX_TOKENS);
	readonly firstLevel: FirstLevel;
	/** Counts removals of single keys: a reply that was under way meanwhile must not go to the first level. */
	#removals = 0;

	constructor(context: RedisContext, firstLevelBytes: number) {
		this.#context = context;
		this.firstLevel = new FirstLevel(firstLevelBytes);
	}

	peek({ key, tags }: Lookup): Entry | undefined {
		const known = this.firstLevel.get(key);
		if (known === undefined) return undefined;
		const now = this.#context.clock.now();
		if (!this.#context.bus.current || known.entry.meta.expires <= now) return undefined;
		for (const token of known.tokens) if (token.revoked) return void this.firstLevel.delete(key);
		return this.firstLevel.covers(known, tags) ? known.entry : undefined;
	}

	async lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const found: (Found | undefined)[] = lookups.map((lookup) => {
			const entry = this.peek(lookup);
			return entry && { entry, state: 'fresh', covers: true };
		});
		const open = lookups.map((lookup, index) => ({ lookup, index })).filter(({ index }) => found[index] === undefined);
		if (open.length === 0) return found;
		const answers = await this.#ask(open.map(({ lookup }) => lookup));
		open.forEach(({ index }, position) => (found[index] = answers[position]));
		return found;
	}

	/** What a record read elsewhere, with the values of its tokens as Redis has them now, is worth. */
	judge(record: StoredRecord, current: (tag: Tag) => string | undefined, tags: readonly Tag[]): Found {
		const { entry, tokens } = record;
		const valid = entry.meta.tags.every((tag, index) => tokens[index] === current(tag));
		const state = !valid ? 'invalidated' : entry.meta.expires > this.#context.clock.now() ? 'fresh' : 'expired';
		return { entry, state, covers: tags.every((tag) => entry.meta.tags.includes(tag)) };
	}

	decode(key: string, bytes: Buffer | null): StoredRecord | undefined {
		if (bytes === null) return undefined;
		try {
			return decodeRecord(bytes, this.#context.limits.maxEntryBytes);
		} catch {
			this.#context.events.undecodable(key);
			this.#context.client.unlink(this.#context.keys.entry(key)).catch(() => {});
			return undefined;
		}
	}

	revoked(tags: readonly Tag[], keys: readonly string[]): void {
		for (const tag of tags) this.#tokens.revoke(tag);
		if (keys.length > 0) this.#removals++;
		for (const key of keys) this.firstLevel.delete(key);
	}

	forget(): void {
		this.#removals++;
		this.#tokens.clear();
		this.firstLevel.clear();
	}

	async #ask(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const { keys, bus } = this.#context;
		const removals = this.#removals;
		const trusted = bus.current;
		const known = new Map<Tag, KnownToken>();
		const unknown: KnownToken[] = [];
		for (const { tags } of lookups) {
			for (const tag of tags) {
				if (known.has(tag)) continue;
				const token = this.#tokens.expect(tag);
				known.set(tag, token);
				if (!trusted || token.value === undefined) unknown.push(token);
			}
		}
		const replies = await this.#readMany([
			...lookups.map(({ key }) => keys.entry(key)),
			...unknown.map(({ tag }) => keys.token(tag)),
		]);
		const values = new Map<Tag, string | undefined>();
		for (const [tag, token] of known) values.set(tag, token.value);
		this.#learn(unknown, replies.slice(lookups.length), values);
		const records = lookups.map(({ key }, index) => this.decode(key, replies[index] ?? null));
		await this.#askForMore(records, known, values);
		const keep = trusted && bus.current && removals === this.#removals;
		return records.map((record, index) => record && this.#conclude(record, lookups[index]!, known, values, keep));
	}

	/** Tokens that entries depend on beyond what their requests named. */
	async #askForMore(
		records: readonly (StoredRecord | undefined)[],
		known: Map<Tag, KnownToken>,
		values: Map<Tag, string | undefined>,
	): Promise<void> {
		const more: KnownToken[] = [];
		for (const record of records) {
			for (const tag of record?.entry.meta.tags ?? []) {
				if (known.has(tag)) continue;
				const token = this.#tokens.expect(tag);
				known.set(tag, token);
				more.push(token);
			}
		}
		if (more.length === 0) return;
		this.#learn(more, await this.#readMany(more.map(({ tag }) => this.#context.keys.token(tag))), values);
	}

	#learn(
		tokens: readonly KnownToken[],
		replies: readonly (Buffer | null)[],
		values: Map<Tag, string | undefined>,
	): void {
		tokens.forEach((token, index) => {
			const value = replies[index]?.toString('latin1');
			values.set(token.tag, value);
			this.#tokens.learn(token, value);
		});
	}

	#conclude(
		record: StoredRecord,
		lookup: Lookup,
		known: ReadonlyMap<Tag, KnownToken>,
		values: ReadonlyMap<Tag, string | undefined>,
		keep: boolean,
	): Found {
		const found = this.judge(record, (tag) => values.get(tag), lookup.tags);
		if (found.state !== 'fresh') return found;
		const tokens = record.entry.meta.tags.map((tag) => known.get(tag)!);
		// A revocation came while the reply was under way: what it revoked must not be answered by a later look-up.
		const revoked = tokens.some((token) => token.revoked && token.value !== undefined);
		if (revoked) return { ...found, state: 'invalidated' satisfies EntryState };
		if (keep && tokens.every((token) => !token.revoked)) this.firstLevel.set(record, tokens, lookup.tags);
		return found;
	}

	#readMany(names: readonly string[]): Promise<(Buffer | null)[]> {
		const { client } = this.#context;
		if (client instanceof Cluster) return Promise.all(names.map((name) => client.getBuffer(name)));
		return names.length === 1 ? client.getBuffer(names[0]!).then((reply) => [reply]) : client.mgetBuffer([...names]);
	}
}
