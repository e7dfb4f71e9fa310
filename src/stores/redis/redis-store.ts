import { type Clock, systemClock } from '../../cache/clock.ts';
import { allTag, CALLERS_TAG, SETTINGS_TAG, type Tag } from '../../cache/tags/tags.ts';
import type { Store, StoreEvents, StoreHealth } from '../../cache/store.ts';
import { Browser } from './index/browse.ts';
import { type Client, type Command, createClients, modeOf, number, run } from './connection/client.ts';
import type { RedisConnectionOptions } from '../../shared/redis-connection.ts';
import type { RedisContext, RedisLimits } from './connection/context.ts';
import { DataLossDetector } from './connection/data-loss-detector.ts';
import { Hints } from './notifications/hints.ts';
import { Janitor } from './purge/garbage-collector.ts';
import { Keys } from './connection/keys.ts';
import { Ledger } from './metadata/metadata-store.ts';
import { Purger } from './purge/purger.ts';
import { ReadBatcher } from './entries/read-batcher.ts';
import { Reader } from './entries/entry-reader.ts';
import { sizesOfAll } from './index/index-query.ts';
import { Sweeper } from './purge/sweeper.ts';
import { Waiters } from './entries/lease-waiters.ts';
import { Writer } from './entries/entry-writer.ts';

export interface RedisStoreOptions extends RedisLimits {
	connection: RedisConnectionOptions;
	namespace: string;
	/** Bytes of decoded entries that this process keeps in front of Redis; 0 for none. */
	firstLevelBytes: number;
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
	readonly #detector: DataLossDetector;
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
			...options.events,
		};
		for (const client of [this.#client, subscriber]) client.on('error', (error: unknown) => events.error(error));
		const detector = new DataLossDetector(this.#client, keys, modeOf(options.connection) === 'standalone');
		const hints = new Hints(this.#client, subscriber, keys.hints, this.#waiters, (error) => events.error(error));
		const reads = new ReadBatcher(this.#client, detector);
		this.#detector = detector;
		this.#context = { client: this.#client, keys, detector, reads, hints, clock, limits: options, events };
		this.#reader = new Reader(this.#context, options.firstLevelBytes);
		this.#writer = new Writer(this.#context, this.#reader);
		detector.onDoubt(() => this.#writer.releaseLeft());
		const sweeper = new Sweeper(this.#context);
		this.#janitor = new Janitor(this.#context, sweeper);
		this.#purger = new Purger(this.#context, sweeper);
		this.#browser = new Browser(this.#context);
		this.#ledger = new Ledger(this.#context);
	}

	/** Starts connecting; never throws, as a Redis that is away now may come later. Settles at the first connection or error. */
	async open(): Promise<void> {
		this.#context.hints.start();
		this.#janitor.start();
		await this.#client.connect().catch(() => {});
	}

	lookup: Store['lookup'] = (lookups) => this.#reader.lookup(lookups);
	versions: Store['versions'] = (tags) => this.#reader.versions(tags);
	stillHolds: Store['stillHolds'] = (reservation) => this.#reader.stillHolds(reservation);
	begin: Store['begin'] = (request) => this.#writer.begin(request);
	beginMany: Store['beginMany'] = (requests, owner, leaseMs) => this.#writer.beginMany(requests, owner, leaseMs);
	commit: Store['commit'] = (commits) => this.#writer.commit(commits);
	release: Store['release'] = (reservation) => this.#writer.release(reservation);
	renew: Store['renew'] = (reservation, leaseMs) => this.#writer.renew(reservation, leaseMs);
	invalidate: Store['invalidate'] = (tags) => this.#purger.invalidate(tags);
	invalidateMatching: Store['invalidateMatching'] = (tagSets) => this.#purger.invalidateMatching(tagSets);
	measure: Store['measure'] = (tagSets) => this.#purger.measure(tagSets);
	browse: Store['browse'] = (query, tagSets) => this.#browser.page(query, tagSets);
	removeKeys: Store['removeKeys'] = (keys) => this.#purger.removeKeys(keys);
	read: Store['read'] = (key) => this.#reader.read(key);
	addStats: Store['addStats'] = (at, deltas, batch) => this.#ledger.addStats(at, deltas, batch);
	readStats: Store['readStats'] = (interval, from, to) => this.#ledger.readStats(interval, from, to);
	readTotals: Store['readTotals'] = () => this.#ledger.readTotals();
	addHits: Store['addHits'] = (hits) => this.#ledger.addHits(hits);
	addRequested: Store['addRequested'] = (requested) => this.#ledger.addRequested(requested);
	topRequested: Store['topRequested'] = (limit) => this.#ledger.topRequested(limit);
	appendJournal: Store['appendJournal'] = (row) => this.#ledger.appendJournal(row);
	readJournal: Store['readJournal'] = (limit, before) => this.#ledger.readJournal(limit, before);
	lastInvalidations: Store['lastInvalidations'] = () => this.#ledger.lastInvalidations();
	modelStates: Store['modelStates'] = () => this.#ledger.modelStates();
	setModelState: Store['setModelState'] = (provider, model, state) =>
		this.#ledger.setModelState(provider, model, state);
	putDocument: Store['putDocument'] = (name, value, ttlMs) => this.#ledger.putDocument(name, value, ttlMs);
	getDocument: Store['getDocument'] = (name) => this.#ledger.getDocument(name);
	listDocuments: Store['listDocuments'] = (prefix) => this.#ledger.listDocuments(prefix);

	waitFor(key: string, timeoutMs: number): Promise<void> {
		const left = this.#client.pttl(this.#context.keys.lease(key)).catch(() => null);
		return this.#waiters.wait(key, timeoutMs, left);
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
			hints: this.#context.hints.up ? 'up' : 'down',
		};
	}

	/** Calls back with every connection, the first included, and whenever Redis may have lost something. */
	onReady(listener: () => void): void {
		this.#detector.onDoubt(listener);
	}

	/**
	 * Puts right what Redis lost by itself: where it may have come back without the last revocations, all is invalidated.
	 * To be done after each connection before anything is read.
	 */
	async catchUp(): Promise<void> {
		if (await this.#detector.mayHaveLost()) await this.#purger.invalidate([allTag(), CALLERS_TAG, SETTINGS_TAG]);
		await this.#detector.vouch();
	}

	/** What is done once a minute: gives back what expired entries and sweeps that were broken off left. */
	clean(): Promise<void> {
		return this.#janitor.clean();
	}

	async close(): Promise<void> {
		this.#janitor.stop();
		this.#context.hints.close();
		this.#waiters.wakeAll();
		this.#client.disconnect();
	}
}

const fact = (facts: string, name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(facts)?.[1] ?? 0);
