import type { JournalRow, Provider, StatsInterval } from '../../contract.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import type { Tag } from '../../cache/dependencies.ts';
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
import { browse } from './browse.ts';
import type { Cell, Sweep } from './cells.ts';
import { Census } from './census.ts';
import { addFigures, type Held, heldMeets, meets, noFigures, stateOf } from './held.ts';
import { Holdings } from './holdings.ts';
import { Leases } from './leases.ts';
import { Ledger } from './ledger.ts';
import { RequestedTable } from './requested-table.ts';
import { REMOVALS_PER_TURN, Sweeper } from './sweeper.ts';
import { inTurns } from './turns.ts';

export interface MemoryStoreOptions {
	/** Bytes that entries with their tokens may take. */
	maxBytes: number;
	/** Decoded bytes of one section. */
	maxEntryBytes: number;
	/** Seconds that an entry is kept after it expired, for `stale-if-error`. */
	staleSeconds: number;
	journalRows: number;
	clock?: Clock;
	events?: Partial<StoreEvents>;
}

/** What is remembered for warming takes no more of the bound than this. */
const REQUESTED_SHARE = 0.1;

interface MemoryReservation extends Reservation {
	readonly tokens: { readonly cells: readonly Cell<Held>[]; open: boolean };
}

/** The embedded store: one process, bounded by bytes, nothing outlives the process. */
export class MemoryStore implements Store {
	readonly #options: MemoryStoreOptions;
	readonly #clock: Clock;
	readonly #holdings: Holdings;
	readonly #leases: Leases;
	readonly #sweeper: Sweeper;
	readonly #census: Census;
	readonly #ledger: Ledger;
	#sweeps = 0;

	constructor(options: MemoryStoreOptions) {
		this.#options = options;
		this.#clock = options.clock ?? systemClock;
		const holdings = new Holdings(options.maxBytes, options.staleSeconds * 1000, this.#clock);
		this.#holdings = holdings;
		this.#leases = new Leases(this.#clock);
		this.#sweeper = new Sweeper(
			() => holdings.all(),
			(held) => holdings.remove(held),
		);
		this.#census = new Census(
			() => holdings.all(),
			holdings.cells,
			() => this.#clock.now(),
		);
		const requested = new RequestedTable(options.maxBytes * REQUESTED_SHARE, (bytes) => holdings.reserve(bytes));
		this.#ledger = new Ledger(this.#clock, options.journalRows, requested);
	}

	/** There are no others. */
	hears(): Promise<boolean> {
		return Promise.resolve(true);
	}

	peek(lookup: Lookup): Entry | undefined {
		return this.#holdings.fresh(lookup);
	}

	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		return Promise.resolve(lookups.map((lookup) => this.#holdings.find(lookup)));
	}

	begin(request: Begin): Promise<Reservation | null> {
		const { key, owner, tags, leaseMs, force } = request;
		if (!this.#leases.take(key, owner, tags, leaseMs, force)) return Promise.resolve(null);
		return Promise.resolve(this.#reserve(request, owner));
	}

	beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		return Promise.resolve(
			requests.map((request) => {
				const id = owner();
				this.#leases.take(request.key, id, request.tags, leaseMs, true);
				return this.#reserve(request, id);
			}),
		);
	}

	commit(commits: readonly Commit[]): Promise<CommitResult[]> {
		return Promise.resolve(commits.map((commit) => this.#commit(commit)));
	}

	release(reservation: Reservation): Promise<void> {
		this.#letGo(reservation);
		this.#leases.end(reservation.key, reservation.owner);
		return Promise.resolve();
	}

	renew({ key, owner }: Reservation, leaseMs: number): Promise<boolean> {
		return Promise.resolve(this.#leases.renew(key, owner, leaseMs));
	}

	waitFor(key: string, timeoutMs: number): Promise<void> {
		return this.#leases.wait(key, timeoutMs);
	}

	invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		const sweep: Sweep = { order: this.#sweeps++, at: this.#clock.now(), figures: noFigures() };
		const revoked = tags.map((tag) => this.#holdings.cells.revoke(tag, sweep)).filter((cell) => cell !== undefined);
		this.#options.events?.revoked?.(tags, []);
		return Promise.resolve({ counted: this.#sweeper.sweep(revoked, sweep) });
	}

	async invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		const ended = this.#leases.endMatching((tags) => meets(tags, tagSets));
		this.#options.events?.revoked?.([], ended);
		const figures = noFigures();
		// Those of now: what is stored during the walk was generated after the leases were ended.
		const visit = (held: Held): void => {
			if (heldMeets(held, tagSets)) this.#drop(held, figures);
		};
		await inTurns([...this.#holdings.all()], visit, REMOVALS_PER_TURN);
		return { counted: Promise.resolve(figures) };
	}

	async measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		const figures = noFigures();
		const now = this.#clock.now();
		await inTurns(this.#holdings.all(), (held) => {
			if (stateOf(held, now) === 'fresh' && heldMeets(held, tagSets)) addFigures(figures, held);
		});
		return figures;
	}

	removeKeys(keys: readonly string[]): Promise<HeldFigures> {
		const figures = noFigures();
		this.#options.events?.revoked?.([], keys);
		for (const key of keys) {
			this.#leases.end(key);
			const held = this.#holdings.at(key);
			if (held !== undefined) this.#drop(held, figures);
		}
		return Promise.resolve(figures);
	}

	browse(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		return browse(this.#holdings.listings.selection(tagSets, query), query, this.#clock.now());
	}

	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		const held = this.#holdings.at(key);
		return Promise.resolve(held && { entry: this.#holdings.decode(held), size: held.bytes.length, hits: held.hits });
	}

	count(tags: readonly Tag[]): Promise<number[]> {
		return this.#census.count(tags);
	}

	bytesHeld(): Promise<number> {
		return Promise.resolve(this.#holdings.bytes);
	}

	addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		for (const [key, count] of hits) this.#holdings.addHits(key, count);
		return Promise.resolve();
	}

	async addStats(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): Promise<void> {
		this.#ledger.addStats(at, deltas, batch);
	}

	readStats(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]> {
		return Promise.resolve(this.#ledger.readStats(interval, from, to));
	}

	readTotals(): Promise<Totals> {
		return Promise.resolve(this.#ledger.totals());
	}

	async addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void> {
		this.#ledger.addRequested(requested);
	}

	topRequested(limit: number): Promise<RequestedEntry[]> {
		return Promise.resolve(this.#ledger.topRequested(limit));
	}

	async appendJournal(row: JournalRow): Promise<void> {
		this.#ledger.appendJournal(row);
	}

	readJournal(limit: number, before: string | null): Promise<JournalRow[]> {
		return Promise.resolve(this.#ledger.readJournal(limit, before));
	}

	lastInvalidations(): Promise<Record<string, JournalRow>> {
		return Promise.resolve(this.#ledger.lastInvalidations());
	}

	modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		return Promise.resolve(this.#ledger.models);
	}

	async setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		this.#ledger.setModelState(provider, model, state);
	}

	async putDocument(name: string, value: string, ttlMs: number): Promise<void> {
		this.#ledger.putDocument(name, value, ttlMs);
	}

	getDocument(name: string): Promise<string | null> {
		return Promise.resolve(this.#ledger.getDocument(name));
	}

	listDocuments(prefix: string): Promise<string[]> {
		return Promise.resolve(this.#ledger.listDocuments(prefix));
	}

	health(): Promise<StoreHealth> {
		return Promise.resolve({
			kind: 'memory',
			mode: 'embedded',
			connected: true,
			latencyMs: 0,
			memory: { used: this.#holdings.bytes, max: this.#holdings.max },
			firstLevel: null,
			bus: 'none',
		});
	}

	close(): Promise<void> {
		this.#holdings.clear();
		return Promise.resolve();
	}

	#reserve({ key, tags }: Lookup, owner: string): Reservation {
		const cells = tags.map((tag) => this.#holdings.cells.hold(tag));
		const replaces = this.#holdings.find({ key, tags });
		return { key, tags, owner, tokens: { cells, open: true }, replaces } satisfies MemoryReservation;
	}

	#commit({ reservation, entry }: Commit): CommitResult {
		const result = this.#store(reservation, entry);
		this.#letGo(reservation);
		this.#leases.end(reservation.key, reservation.owner);
		return result;
	}

	#store(reservation: Reservation, entry: Entry): CommitResult {
		const { key, owner, tags } = reservation;
		if (!this.#leases.holds(key, owner)) return 'superseded';
		if (tokensOf(reservation).cells.some((cell) => cell.sweep !== null)) return 'invalidated';
		if (Math.max(entry.body.length, entry.request.length) > this.#options.maxEntryBytes) return 'too_large';
		return this.#holdings.put(key, tags, entry) ? 'stored' : 'too_large';
	}

	#drop(held: Held, figures: HeldFigures): void {
		if (this.#holdings.at(held.key) !== held) return;
		if (stateOf(held, this.#clock.now()) === 'fresh') addFigures(figures, held);
		this.#holdings.remove(held);
	}

	/** Once: cells that were let go twice would be forgotten while an entry holds them. */
	#letGo(reservation: Reservation): void {
		const tokens = tokensOf(reservation);
		if (!tokens.open) return;
		tokens.open = false;
		for (const cell of tokens.cells) this.#holdings.cells.letGo(cell);
	}
}

const tokensOf = (reservation: Reservation): MemoryReservation['tokens'] => (reservation as MemoryReservation).tokens;
