import type { InvalidationCause, JournalRow, Provider, StatsInterval } from '../shared/api-types.ts';
import type { Tag } from './tags/tags.ts';
import type { Entry, EntryQuery, Found, FoundPage, HeldFigures } from './entry.ts';

export interface Lookup {
	key: string;
	/** Everything that the request itself says it depends on. */
	tags: readonly Tag[];
}

/** The right to generate one key's answer, with the tokens captured when it was given. */
export interface Reservation {
	key: string;
	tags: readonly Tag[];
	/** Unique per generation; becomes the identity of the entry. */
	owner: string;
	/** The store's own record of the captured tokens. */
	readonly tokens: unknown;
	/** What stood at the key when the reservation was made, valid or not: replaced by a commit. */
	readonly replaces: Found | undefined;
}

export interface Begin extends Lookup {
	owner: string;
	/** Take the reservation from whoever holds it, whose commit will then be refused. */
	force: boolean;
	/** Milliseconds after which the reservation ends by itself, unless renewed. */
	leaseMs: number;
}

export interface Commit {
	reservation: Reservation;
	entry: Entry;
}

/**
 * - `stored`: it answers from now on;
 * - `invalidated`: something that it depends on changed since its tokens were captured;
 * - `superseded`: the reservation was taken or has run out;
 * - `too_large`: over the size limit.
 */
export type CommitResult = 'stored' | 'invalidated' | 'superseded' | 'too_large';

export interface Invalidation {
	/** Live entries dropped; resolved once they are counted, which is never waited for by the purge itself. */
	counted: Promise<HeldFigures>;
	/** Where more was dropped than was asked for, as the store could not tell apart what was. */
	widened?: true;
}

/** A counter row: what happened for one provider, model and collection. Names of figures are the keys of `deltas`. */
export interface StatsDelta {
	provider: Provider;
	model: string;
	/** Empty where the request named none. */
	collection: string;
	deltas: Readonly<Record<string, number>>;
}

/** Which of a process's batches of figures it is; their numbers rise. */
export interface StatsBatch {
	/** Of the process. */
	source: string;
	/** From 1. */
	number: number;
}

export interface StatsBucket {
	/** Start, milliseconds since the epoch. */
	at: number;
	rows: StatsDelta[];
}

/** What was counted since the store began: no figure ever falls, unless the store was emptied. */
export interface Totals {
	rows: StatsDelta[];
	/** Rows that were ever written to the journal, and the entries that these dropped. */
	invalidations: Partial<Record<InvalidationCause, { rows: number; entries: number }>>;
}

/** What is known of a model besides its entries. */
export interface ModelState {
	version: number;
	snapshot: string | null;
	/** The last ones that were seen, the newest last; providers answer with several side by side while they roll one out. */
	snapshots?: readonly string[];
	systemFingerprint: string | null;
	/** Milliseconds since the epoch, null where it never changed. */
	changedAt: number | null;
}

export interface RequestedEntry {
	key: string;
	count: number;
	/** Encoded by the engine; null where it is not kept any more. */
	record: Buffer | null;
}

export interface StoreHealth {
	kind: 'memory' | 'redis';
	mode: 'embedded' | 'standalone' | 'cluster' | 'sentinel';
	connected: boolean;
	latencyMs: number | null;
	memory: { used: number; max: number | null };
	firstLevel: { entries: number; used: number; max: number } | null;
	/** Whether this process is told at once that another's generation ended. */
	hints: 'up' | 'down' | 'none';
}

/**
 * Where entries and their tokens live. One contract suite is passed by every implementation.
 * Any method may throw; nothing but time and memory is lost by that.
 */
export interface Store {
	/**
	 * One round trip for the whole batch, in order, sent after the call. An undecodable entry is dropped, reported and not
	 * found.
	 */
	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]>;
	/**
	 * The versions of tags, which change with every invalidation, by a read that was sent after the call and shares its
	 * round trip with look-ups of the same turn. Null for one that another process may be making now.
	 */
	versions(tags: readonly Tag[]): Promise<(string | null)[]>;
	/** Takes the reservation, then captures tokens: null where another holds it. */
	begin(request: Begin): Promise<Reservation | null>;
	/** The same for a batch, without waiting for other holders (`force`). One round trip. */
	beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]>;
	/** Stores what may be stored, and ends the reservations. One round trip for the whole batch where all is stored. */
	commit(commits: readonly Commit[]): Promise<CommitResult[]>;
	/** Whether it has not ended, and nothing that it captured has changed, by a read that was sent after the call. */
	stillHolds(reservation: Reservation): Promise<boolean>;
	/** Ends a reservation without an answer, and wakes those who wait. Harmless for one that has ended. */
	release(reservation: Reservation): Promise<void>;
	renew(reservation: Reservation, leaseMs: number): Promise<boolean>;
	/** Settles when the key's reservation was seen to end, or after `timeoutMs`. */
	waitFor(key: string, timeoutMs: number): Promise<void>;

	/** Takes the tokens away. When it settles, no look-up in any process that starts later gets what held them. */
	invalidate(tags: readonly Tag[]): Promise<Invalidation>;
	/**
	 * Drops, and keeps from being stored, whatever meets all the criteria. For those that `purgeTags` cannot express.
	 * May drop more, never less, where Redis has evicted what it finds them by.
	 */
	invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation>;
	/** What the same invalidation would drop. Every set is a union, the sets are intersected. */
	measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures>;
	removeKeys(keys: readonly string[]): Promise<HeldFigures>;

	browse(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage>;
	/** The entry whatever its state, with its size and hits. */
	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined>;
	/**
	 * Live entries per tag, in one round trip. Where entries hold tags that others purged, it lags behind by the time
	 * that sweeping them takes.
	 */
	count(tags: readonly Tag[]): Promise<number[]>;
	/** Bytes that live entries take. */
	bytesHeld(): Promise<number>;

	/**
	 * Counts a `batch` once, however often it is given: where a call failed, nobody knows whether it was carried out, or
	 * still will be. The next batch may only follow once this one succeeded.
	 */
	addStats(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): Promise<void>;
	readStats(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]>;
	readTotals(): Promise<Totals>;
	/** Adds hits to entries, and requests to the record of what is asked most. */
	addHits(hits: ReadonlyMap<string, number>): Promise<void>;
	addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void>;
	topRequested(limit: number): Promise<RequestedEntry[]>;

	appendJournal(row: JournalRow): Promise<void>;
	readJournal(limit: number, before: string | null): Promise<JournalRow[]>;
	/** The last row of each collection. */
	lastInvalidations(): Promise<Record<string, JournalRow>>;

	/** By `provider/model`. */
	modelStates(): Promise<ReadonlyMap<string, ModelState>>;
	/** Never lowers the version that is there: another process may have raised it meanwhile. */
	setModelState(provider: Provider, model: string, state: ModelState): Promise<void>;

	/** A small document shared by all processes, as a warm job's progress. Gone after `ttlMs`. */
	putDocument(name: string, value: string, ttlMs: number): Promise<void>;
	getDocument(name: string): Promise<string | null>;
	listDocuments(prefix: string): Promise<string[]>;

	/** Says so where the store is away; never rejects. */
	health(): Promise<StoreHealth>;
	close(): Promise<void>;
}

/** What a store tells its owner about. */
export interface StoreEvents {
	/** An entry that could not be decoded was dropped. */
	undecodable(key: string): void;
	error(error: unknown): void;
}

/** What was carried out in one go. */
export interface CarriedOut {
	/** Those that this process took out of the outbox; others may have done the same work, but are told of none of it. */
	invalidations: number;
	/** When the first of them was kept; ISO 8601. */
	since: string;
	/** All tags that it was about. */
	tags: Tag[];
	/** Live entries that this process dropped by it. */
	entries: number;
}
