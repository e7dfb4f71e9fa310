import type { JournalRow, Provider, StatsInterval } from '../../contract.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import { allTag, type Tag } from '../../cache/dependencies.ts';
import type { Entry, EntryQuery, Found, FoundPage, HeldFigures } from '../../cache/entry.ts';
import type {
	Begin,
	Commit,
	CommitResult,
	Invalidation,
	Lookup,
	ModelState,
	RequestedEntry,
	Reservation,
	StatsBatch,
	StatsBucket,
	StatsDelta,
	Store,
	StoreEvents,
	StoreHealth,
	Totals,
} from '../../cache/store.ts';
import { Browser } from './browse.ts';
import { Bus } from './bus.ts';
import {
	type Client,
	type Command,
	createClients,
	modeOf,
	number,
	onConnection,
	type RedisConnectionOptions,
	run,
	silenceMsOf,
} from './client.ts';
import type { RedisContext, RedisLimits } from './context.ts';
import { Janitor } from './janitor.ts';
import { Keys } from './keys.ts';
import { Ledger } from './ledger.ts';
import { Purger } from './purger.ts';
import { Reader } from './reader.ts';
import { sizesOfAll } from './members.ts';
import { Sweeper } from './sweeper.ts';
import { Witness } from './witness.ts';
import { Waiters } from './waiters.ts';
import { Writer } from './writer.ts';

export interface RedisStoreOptions extends RedisLimits {
	connection: RedisConnectionOptions;
	namespace: string;
	/** Bytes of decoded entries that this process keeps in front of Redis; 0 for none. */
	firstLevelBytes: number;
	/** Milliseconds without a look-up after which the next one goes to Redis in any case; 10 seconds by default. */
	restAfterMs?: number;
	clock?: Clock;
	events?: Partial<StoreEvents>;
}

const BYTES_HELD_LIFE_MS = 30_000;

/** Entries shared by all processes that use one Redis, Valkey, Cluster or Sentinel group. */
export class RedisStore implements Store {
	readonly #options: RedisStoreOptions;
	readonly #context: RedisContext;
	readonly #client: Client;
	readonly #waiters = new Waiters();
	readonly #reader: Reader;
	readonly #writer: Writer;
	readonly #janitor: Janitor;
	readonly #purger: Purger;
	readonly #browser: Browser;
	readonly #ledger: Ledger;
	readonly #witness: Witness;
	#bytesHeld = { at: -Infinity, bytes: 0 };

	constructor(options: RedisStoreOptions) {
		this.#options = options;
		const clock = options.clock ?? systemClock;
		const keys = new Keys(options.namespace);
		const { commands, subscriber } = createClients(options.connection);
		this.#client = commands;
		const events: StoreEvents = {
			undecodable: () => {},
			error: () => {},
			modelsChanged: () => {},
			revoked: () => {},
			lost: () => {},
			...options.events,
		};
		for (const client of [this.#client, subscriber]) client.on('error', (error: unknown) => events.error(error));
		const listening = {
			vouching: options.firstLevelBytes > 0,
			silenceMs: silenceMsOf(options.connection),
			restAfterMs: options.restAfterMs,
		};
		const bus = new Bus(this.#client, subscriber, keys, clock, listening, {
			revoked: (tags, cacheKeys) => {
				this.#reader.revoked(tags, cacheKeys);
				events.revoked(tags, cacheKeys);
			},
			done: (cacheKeys) => this.#ended(cacheKeys),
			modelsChanged: () => events.modelsChanged(),
			lost: () => {
				this.#reader.forget();
				events.lost();
			},
		});
		this.#context = { client: this.#client, keys, bus, clock, limits: options, events };
		this.#reader = new Reader(this.#context, options.firstLevelBytes);
		this.#writer = new Writer(this.#context, this.#reader);
		const sweeper = new Sweeper(this.#context);
		this.#janitor = new Janitor(this.#context, sweeper);
		this.#purger = new Purger(this.#context, sweeper);
		this.#browser = new Browser(this.#context);
		this.#ledger = new Ledger(this.#context);
		this.#witness = new Witness(this.#client, keys, bus);
	}

	/** Starts connecting; never throws, as a Redis that is away now may come later. Settles at the first connection or error. */
	async open(): Promise<void> {
		this.#context.bus.start();
		this.#janitor.start();
		await this.#client.connect().catch(() => {});
	}

	hears(): Promise<boolean> {
		return this.#context.bus.hears();
	}

	peek(lookup: Lookup): Entry | undefined {
		return this.#reader.peek(lookup);
	}

	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		return this.#reader.lookup(lookups);
	}

	begin(request: Begin): Promise<Reservation | null> {
		return this.#writer.begin(request);
	}

	beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		return this.#writer.beginMany(requests, owner, leaseMs);
	}

	commit(commits: readonly Commit[]): Promise<CommitResult[]> {
		return this.#writer.commit(commits);
	}

	release(reservation: Reservation): Promise<void> {
		return this.#writer.release(reservation);
	}

	renew(reservation: Reservation, leaseMs: number): Promise<boolean> {
		return this.#writer.renew(reservation, leaseMs);
	}

	waitFor(key: string, timeoutMs: number): Promise<void> {
		const left = this.#client.pttl(this.#context.keys.lease(key)).catch(() => null);
		return this.#waiters.wait(key, timeoutMs, left);
	}

	invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		return this.#purger.invalidate(tags);
	}

	invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		return this.#purger.invalidateMatching(tagSets);
	}

	measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		return this.#purger.measure(tagSets);
	}

	removeKeys(keys: readonly string[]): Promise<HeldFigures> {
		return this.#purger.removeKeys(keys);
	}

	browse(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		return this.#browser.page(query, tagSets);
	}

	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		return this.#reader.read(key);
	}

	async count(tags: readonly Tag[]): Promise<number[]> {
		const after = `(${this.#context.clock.now()}`;
		const counts = tags.map((tag): Command => ['ZCOUNT', this.#context.keys.index(tag), after, '+inf']);
		return (await run(this.#client, counts)).map(number);
	}

	async bytesHeld(): Promise<number> {
		const now = this.#context.clock.now();
		if (now - this.#bytesHeld.at < BYTES_HELD_LIFE_MS) return this.#bytesHeld.bytes;
		const bytes = await sizesOfAll(this.#context);
		this.#bytesHeld = { at: now, bytes };
		return bytes;
	}

	addStats(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): Promise<void> {
		return this.#ledger.addStats(at, deltas, batch);
	}

	readStats(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]> {
		return this.#ledger.readStats(interval, from, to);
	}

	readTotals(): Promise<Totals> {
		return this.#ledger.readTotals();
	}

	addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		return this.#ledger.addHits(hits);
	}

	addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void> {
		return this.#ledger.addRequested(requested);
	}

	topRequested(limit: number): Promise<RequestedEntry[]> {
		return this.#ledger.topRequested(limit);
	}

	appendJournal(row: JournalRow): Promise<void> {
		return this.#ledger.appendJournal(row);
	}

	readJournal(limit: number, before: string | null): Promise<JournalRow[]> {
		return this.#ledger.readJournal(limit, before);
	}

	lastInvalidations(): Promise<Record<string, JournalRow>> {
		return this.#ledger.lastInvalidations();
	}

	modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		return this.#ledger.modelStates();
	}

	setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		return this.#ledger.setModelState(provider, model, state);
	}

	putDocument(name: string, value: string, ttlMs: number): Promise<void> {
		return this.#ledger.putDocument(name, value, ttlMs);
	}

	getDocument(name: string): Promise<string | null> {
		return this.#ledger.getDocument(name);
	}

	listDocuments(prefix: string): Promise<string[]> {
		return this.#ledger.listDocuments(prefix);
	}

	/** Never rejects: a Redis that is away is `connected: false`. */
	async health(): Promise<StoreHealth> {
		const started = performance.now();
		const info = await this.#client.info('memory').catch(() => null);
		const max = fact(info ?? '', 'maxmemory');
		return {
			kind: 'redis',
			mode: modeOf(this.#options.connection),
			connected: info !== null,
			latencyMs: info === null ? null : performance.now() - started,
			memory: { used: fact(info ?? '', 'used_memory'), max: max === 0 ? null : max },
			firstLevel: this.#reader.firstLevel.figures,
			bus: this.#context.bus.up ? 'up' : 'down',
		};
	}

	/** Calls back with every connection, the first included, before anything else is asked of it. */
	onReady(listener: () => void): void {
		onConnection(this.#client, listener);
	}

	/**
	 * Puts right what Redis lost by itself: where it may have come back without the last revocations, all is invalidated.
	 * To be done after each connection before anything is read.
	 */
	async catchUp(): Promise<void> {
		if (await this.#witness.mayHaveLost()) await this.#purger.invalidate([allTag()]);
		await this.#witness.vouch();
	}

	/** What is done once a minute: gives back what expired entries and sweeps that were broken off left. */
	clean(): Promise<void> {
		return this.#janitor.clean();
	}

	async close(): Promise<void> {
		this.#janitor.stop();
		this.#context.bus.close();
		this.#waiters.close();
		this.#client.disconnect();
	}

	#ended(cacheKeys: readonly string[]): void {
		this.#reader.replaced(cacheKeys);
		for (const key of cacheKeys) this.#waiters.wake(key);
	}
}

const fact = (facts: string, name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(facts)?.[1] ?? 0);
