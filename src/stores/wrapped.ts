import type { JournalRow, Provider, StatsInterval } from '../contract.ts';
import type { Tag } from '../cache/dependencies.ts';
import type { Entry, EntryQuery, Found, FoundPage, HeldFigures } from '../cache/entry.ts';
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
	StoreHealth,
	Totals,
} from '../cache/store.ts';

/**
 * - `request`: on the way of a generation request;
 * - `administration`: everything else;
 * - `bulk`: takes as long as there are entries.
 */
export type CallKind = 'request' | 'administration' | 'bulk';

/** A store around another: every call but `peek`, `waitFor`, `health` and `close` goes through `around`. */
export abstract class WrappedStore implements Store {
	protected readonly inner: Store;

	constructor(inner: Store) {
		this.inner = inner;
	}

	protected abstract around<Result>(kind: CallKind, call: () => Promise<Result>): Promise<Result>;

	hears(): Promise<boolean> {
		return this.inner.hears();
	}

	peek(lookup: Lookup): Entry | undefined {
		return this.inner.peek(lookup);
	}

	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		return this.around('request', () => this.inner.lookup(lookups));
	}

	begin(request: Begin): Promise<Reservation | null> {
		return this.around('request', () => this.inner.begin(request));
	}

	beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		return this.around('request', () => this.inner.beginMany(requests, owner, leaseMs));
	}

	commit(commits: readonly Commit[]): Promise<CommitResult[]> {
		return this.around('request', () => this.inner.commit(commits));
	}

	release(reservation: Reservation): Promise<void> {
		return this.around('request', () => this.inner.release(reservation));
	}

	renew(reservation: Reservation, leaseMs: number): Promise<boolean> {
		return this.around('request', () => this.inner.renew(reservation, leaseMs));
	}

	waitFor(key: string, timeoutMs: number): Promise<void> {
		return this.inner.waitFor(key, timeoutMs);
	}

	invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		return this.around('administration', () => this.inner.invalidate(tags));
	}

	invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		return this.around('bulk', () => this.inner.invalidateMatching(tagSets));
	}

	measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		return this.around('bulk', () => this.inner.measure(tagSets));
	}

	removeKeys(keys: readonly string[]): Promise<HeldFigures> {
		return this.around('administration', () => this.inner.removeKeys(keys));
	}

	browse(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		return this.around('bulk', () => this.inner.browse(query, tagSets));
	}

	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		return this.around('administration', () => this.inner.read(key));
	}

	count(tags: readonly Tag[]): Promise<number[]> {
		return this.around('administration', () => this.inner.count(tags));
	}

	bytesHeld(): Promise<number> {
		return this.around('bulk', () => this.inner.bytesHeld());
	}

	addStats(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): Promise<void> {
		return this.around('administration', () => this.inner.addStats(at, deltas, batch));
	}

	readStats(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]> {
		return this.around('administration', () => this.inner.readStats(interval, from, to));
	}

	readTotals(): Promise<Totals> {
		return this.around('administration', () => this.inner.readTotals());
	}

	addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		return this.around('administration', () => this.inner.addHits(hits));
	}

	addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void> {
		return this.around('administration', () => this.inner.addRequested(requested));
	}

	topRequested(limit: number): Promise<RequestedEntry[]> {
		return this.around('administration', () => this.inner.topRequested(limit));
	}

	appendJournal(row: JournalRow): Promise<void> {
		return this.around('administration', () => this.inner.appendJournal(row));
	}

	readJournal(limit: number, before: string | null): Promise<JournalRow[]> {
		return this.around('administration', () => this.inner.readJournal(limit, before));
	}

	lastInvalidations(): Promise<Record<string, JournalRow>> {
		return this.around('administration', () => this.inner.lastInvalidations());
	}

	modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		return this.around('administration', () => this.inner.modelStates());
	}

	setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		return this.around('administration', () => this.inner.setModelState(provider, model, state));
	}

	putDocument(name: string, value: string, ttlMs: number): Promise<void> {
		return this.around('administration', () => this.inner.putDocument(name, value, ttlMs));
	}

	getDocument(name: string): Promise<string | null> {
		return this.around('administration', () => this.inner.getDocument(name));
	}

	listDocuments(prefix: string): Promise<string[]> {
		return this.around('administration', () => this.inner.listDocuments(prefix));
	}

	health(): Promise<StoreHealth> {
		return this.inner.health();
	}

	close(): Promise<void> {
		return this.inner.close();
	}
}
