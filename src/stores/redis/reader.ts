import type { Tag } from '../../cache/dependencies.ts';
import type { Entry, Found } from '../../cache/entry.ts';
import type { Lookup } from '../../cache/store.ts';
import { isCluster, readKeys } from './client.ts';
import type { RedisContext } from './context.ts';
import { FirstLevel } from './first-level.ts';
import { GatheredReads } from './gathered-reads.ts';
import { decodeRecord, decodeSealed, memberOf, type Seal, sealOf, type StoredRecord, tagsDigest } from './record.ts';
import { type KnownToken, TokenTable } from './tokens.ts';
import { Touches } from './touches.ts';

/** Tokens that are known, as many as the entries in memory may have; each with what it takes in the table. */
const MAX_TOKENS = 200_000;
const MIN_TOKENS = 1000;
const TOKEN_BYTES = 300;

/** What a look-up knows of one tag. */
interface Answer {
	token: KnownToken;
	value: string | undefined;
	/** Whether Redis said so in this look-up; else the bus vouches for it. */
	asked: boolean;
}

/** The tokens of a list of tags, all known, and what a record that is valid with them carries. */
interface Expected {
	tokens: readonly KnownToken[];
	seal: Seal;
}

/** Look-ups: from the process's own memory where the bus vouches for it, else in one round trip. */
export class Reader {
	readonly #context: RedisContext;
	readonly #tokens: TokenTable;
	readonly #touches = new Touches();
	readonly #expected = new WeakMap<readonly Tag[], Expected>();
	readonly #names = new WeakMap<readonly Tag[], string[]>();
	/** Without a first level, nothing that this process knows is used: every look-up asks for every token. */
	readonly #remembering: boolean;
	readonly #reads: GatheredReads | null;
	readonly firstLevel: FirstLevel;

	constructor(context: RedisContext, firstLevelBytes: number) {
		this.#context = context;
		this.#reads = isCluster(context.client) ? null : new GatheredReads(context.client);
		this.#remembering = firstLevelBytes > 0;
		this.firstLevel = new FirstLevel(firstLevelBytes);
		const tokens = Math.floor(firstLevelBytes / TOKEN_BYTES);
		this.#tokens = new TokenTable(Math.min(MAX_TOKENS, Math.max(MIN_TOKENS, tokens)));
	}

	peek({ key, tags }: Lookup): Entry | undefined {
		const known = this.firstLevel.get(key);
		if (known === undefined) return undefined;
		const now = this.#context.clock.now();
		if (known.entry.meta.expires <= now || !this.#context.bus.currentAt(now)) return undefined;
		if (anyRevoked(known.tokens)) {
			this.firstLevel.delete(key);
			return undefined;
		}
		return this.firstLevel.covers(known, tags) ? known.entry : undefined;
	}

	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const [only] = lookups;
		return only !== undefined && lookups.length === 1 ? this.#lookupOne(only) : this.#lookupMany(lookups);
	}

	async #lookupMany(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const found: (Found | undefined)[] = lookups.map((lookup) => {
			const entry = this.peek(lookup);
			return entry && fresh(entry);
		});
		const open = lookups.map((lookup, index) => ({ lookup, index })).filter(({ index }) => found[index] === undefined);
		if (open.length === 0) return found;
		const answers = await this.#ask(open.map(({ lookup }) => lookup));
		open.forEach(({ index }, position) => (found[index] = answers[position]));
		return found;
	}

	/** The entry whatever its state, with its size and hits. */
	async read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		const { client, keys } = this.#context;
		const bytes = await client.getBuffer(keys.entry(key));
		const record = this.decode(key, bytes);
		if (record === undefined || bytes === null) return undefined;
		const hits = await client.zscore(keys.sorted('hits'), memberOf(record.owner, key));
		return { entry: record.entry, size: bytes.length, hits: Number(hits ?? 0) };
	}

	/** What a record read elsewhere, with the values of its tokens as Redis has them now, is worth. */
	judge(record: StoredRecord, current: (tag: Tag) => string | undefined, tags: readonly Tag[]): Found | undefined {
		const { entry, tokens, expires } = record;
		const { clock, limits } = this.#context;
		const now = clock.now();
		if (expires + limits.staleSeconds * 1000 <= now) return undefined;
		const own = tagsOf(record, tags);
		const valid = own.every((tag, index) => tokens[index] === current(tag));
		const state = !valid ? 'invalidated' : expires > now ? 'fresh' : 'expired';
		return { entry, state, covers: own === tags || tags.every((tag) => own.includes(tag)) };
	}

	/** Undefined, and the entry dropped and reported, where the bytes are none. */
	decode(key: string, bytes: Buffer | null): StoredRecord | undefined {
		return this.#decoded(key, () => bytes && decodeRecord(bytes, this.#context.limits.maxEntryBytes)) ?? undefined;
	}

	#decoded<Decoded>(key: string, decode: () => Decoded): Decoded | undefined {
		try {
			return decode();
		} catch {
			this.#context.events.undecodable(key);
			this.#context.client.unlink(this.#context.keys.entry(key)).catch(() => {});
			return undefined;
		}
	}

	revoked(tags: readonly Tag[], keys: readonly string[]): void {
		for (const tag of tags) this.#tokens.revoke(tag);
		this.replaced(keys);
	}

	/** Something else stands at these keys now, or nothing. */
	replaced(keys: readonly string[]): void {
		for (const key of keys) {
			this.#touches.add(key);
			this.firstLevel.delete(key);
		}
	}

	forget(): void {
		this.#tokens.clear();
		this.firstLevel.clear();
	}

	/** The usual case, a hit whose tags are the request's own, without the tables that a batch needs. */
	#lookupOne(lookup: Lookup): Promise<(Found | undefined)[]> {
		const entry = this.peek(lookup);
		if (entry) return Promise.resolve([fresh(entry)]);
		if (this.#reads === null) return this.#ask([lookup]);
		const trusting = this.#remembering && this.#context.bus.current;
		return trusting ? this.#fetch(this.#reads, lookup) : this.#fetchWithTokens(this.#reads, lookup);
	}

	/** The entry alone, where the bus keeps all its tokens current. */
	#fetch(reads: GatheredReads, lookup: Lookup): Promise<(Found | undefined)[]> {
		const { key, tags } = lookup;
		const expected = this.#expectedOf(tags);
		if (expected === undefined) return this.#ask([lookup]);
		const mark = this.#touches.mark;
		return reads.read([this.#context.keys.entry(key)], ([bytes = null]) => {
			if (bytes === null) return [undefined];
			const entry = this.#sealed(key, bytes, expected.seal);
			// What is no plain hit is left to the long way to tell.
			if (entry === undefined || anyRevoked(expected.tokens) || !this.#context.bus.current) return this.#ask([lookup]);
			if (!this.#touches.since(mark, key)) this.firstLevel.set(entry, expected.tokens, tags);
			return [fresh(entry)];
		});
	}

	/** Undefined where Redis has to be asked for a token. */
	#expectedOf(tags: readonly Tag[]): Expected | undefined {
		const known = this.#expected.get(tags);
		if (known !== undefined && !anyRevoked(known.tokens)) return known;
		const tokens = tags.map((tag) => this.#tokens.expect(tag));
		const values = tokens.flatMap(({ value }) => value ?? []);
		if (values.length < tokens.length) return undefined;
		const expected = { tokens, seal: sealOf(tags, [Buffer.from(values.join(''), 'latin1')]) };
		this.#expected.set(tags, expected);
		return expected;
	}

	/** The entry and its tokens in one command; nothing of it is remembered. */
	#fetchWithTokens(reads: GatheredReads, lookup: Lookup): Promise<(Found | undefined)[]> {
		const { key, tags } = lookup;
		const names = [this.#context.keys.entry(key), ...this.#tokenNames(tags)];
		return reads.read(names, ([bytes = null, ...tokens]) => {
			if (bytes === null) return [undefined];
			const known = tokens.filter((token) => token !== null);
			const entry = known.length === tokens.length ? this.#sealed(key, bytes, sealOf(tags, known)) : undefined;
			return entry ? [fresh(entry)] : this.#ask([lookup]);
		});
	}

	/** The entry of a record that is valid with this seal. */
	#sealed(key: string, bytes: Buffer, seal: Seal): Entry | undefined {
		const { clock, limits } = this.#context;
		return this.#decoded(key, () => decodeSealed(bytes, seal, clock.now(), limits.maxEntryBytes));
	}

	#tokenNames(tags: readonly Tag[]): string[] {
		let names = this.#names.get(tags);
		if (names === undefined) this.#names.set(tags, (names = tags.map(this.#context.keys.token)));
		return names;
	}

	async #ask(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const trusting = this.#remembering && this.#context.bus.current;
		const mark = this.#touches.mark;
		const answers = new Map<Tag, Answer>();
		const { keys } = this.#context;
		const open = this.#expect(new Set(lookups.flatMap(({ tags }) => tags)), answers, trusting);
		const names = [...lookups.map(({ key }) => keys.entry(key)), ...open.map(({ token }) => keys.token(token.tag))];
		const replies = await this.#readMany(names);
		this.#learn(open, replies.slice(lookups.length));
		const records = lookups.map(({ key }, index) => this.decode(key, replies[index] ?? null));
		await this.#askAgain(lookups, records, answers, trusting);
		return records.map((record, index) => {
			if (record === undefined) return undefined;
			const lookup = lookups[index]!;
			return this.#conclude(record, lookup, answers, trusting && !this.#touches.since(mark, lookup.key));
		});
	}

	/** Notes what is known of the tags, and answers those that Redis has to be asked for. */
	#expect(tags: Iterable<Tag>, answers: Map<Tag, Answer>, trusting: boolean): Answer[] {
		const open: Answer[] = [];
		for (const tag of tags) {
			if (answers.has(tag)) continue;
			const token = this.#tokens.expect(tag);
			const answer: Answer = { token, value: token.value, asked: !trusting || token.value === undefined };
			answers.set(tag, answer);
			if (answer.asked) open.push(answer);
		}
		return open;
	}

	/**
	 * Tokens that entries depend on beyond what their requests named, and those that do not agree with what this process
	 * knows: a token that Redis evicted and a writer made anew is told on no bus.
	 */
	async #askAgain(
		lookups: readonly Lookup[],
		records: readonly (StoredRecord | undefined)[],
		answers: Map<Tag, Answer>,
		trusting: boolean,
	): Promise<void> {
		const open = new Set<Answer>();
		records.forEach((record, place) => {
			if (record === undefined) return;
			const tags = tagsOf(record, lookups[place]!.tags);
			for (const answer of this.#expect(tags, answers, trusting)) open.add(answer);
			tags.forEach((tag, index) => {
				const answer = answers.get(tag)!;
				if (answer.asked || answer.value === record.tokens[index]) return;
				answer.asked = true;
				open.add(answer);
			});
		});
		if (open.size === 0) return;
		const names = [...open].map(({ token }) => this.#context.keys.token(token.tag));
		this.#learn([...open], await this.#readMany(names));
	}

	#learn(answers: readonly Answer[], replies: readonly (Buffer | null)[]): void {
		answers.forEach((answer, index) => {
			answer.value = replies[index]?.toString('latin1');
			this.#tokens.learn(answer.token, answer.value);
		});
	}

	#conclude(
		record: StoredRecord,
		lookup: Lookup,
		answers: ReadonlyMap<Tag, Answer>,
		mayKeep: boolean,
	): Found | undefined {
		const tags = tagsOf(record, lookup.tags);
		// What was revoked while the reply was under way is not vouched for any more.
		const current = (tag: Tag): string | undefined => {
			const { asked, token, value } = answers.get(tag)!;
			return asked || !token.revoked ? value : undefined;
		};
		const found = this.judge(record, current, lookup.tags);
		if (found?.state !== 'fresh' || !mayKeep || !this.#context.bus.current) return found;
		const tokens = tags.map((tag) => answers.get(tag)!.token);
		if (tokens.every((token) => !token.revoked)) this.firstLevel.set(record.entry, tokens, lookup.tags);
		return found;
	}

	#readMany(names: readonly string[]): Promise<(Buffer | null)[]> {
		const { client } = this.#context;
		return isCluster(client) ? readKeys(client, names) : this.#reads!.read(names, (values) => values);
	}
}

const fresh = (entry: Entry): Found => ({ entry, state: 'fresh', covers: true });

function anyRevoked(tokens: readonly KnownToken[]): boolean {
	for (const token of tokens) if (token.revoked) return true;
	return false;
}

/** The record's tags: the request's own list where it is the same, so that the meta need not be parsed. */
const tagsOf = (record: StoredRecord, asked: readonly Tag[]): readonly Tag[] =>
	record.digest === tagsDigest(asked) ? asked : record.entry.meta.tags;
