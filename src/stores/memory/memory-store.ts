import type { Provider } from '../../shared/api-types.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import { SETTINGS_TAG, type Tag } from '../../cache/tags/tags.ts';
import type { Entry, HeldFigures } from '../../cache/entry.ts';
import { newId } from '../../cache/ids.ts';
import type {
	Begin,
	Commit,
	CommitResult,
	Invalidation,
	Lookup,
	ModelState,
	Reservation,
	Store,
	StoreEvents,
	StoreHealth,
} from '../../cache/store.ts';
import { browse } from './browse/browse.ts';
import type { Cell, Sweep } from './tag-versions.ts';
import { Census } from './browse/tag-counts.ts';
import { addFigures, type Held, heldMeets, meets, noFigures, stateOf } from './entry-slot.ts';
import { Holdings } from './entry-table.ts';
import { Leases } from './leases.ts';
import { Ledger } from './metadata-store.ts';
import { RequestedTable } from './popular-requests.ts';
import { REMOVALS_PER_TURN, Sweeper } from './sweeper.ts';
import { inTurns } from './yield-to-event-loop.ts';

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
	readonly #versions = new Map<Tag, string>();
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

	lookup: Store['lookup'] = (lookups) => Promise.resolve(lookups.map((lookup) => this.#holdings.find(lookup)));
	commit: Store['commit'] = (commits) => Promise.resolve(commits.map((commit) => this.#commit(commit)));
	renew: Store['renew'] = ({ key, owner }, leaseMs) => Promise.resolve(this.#leases.renew(key, owner, leaseMs));
	waitFor: Store['waitFor'] = (key, timeoutMs) => this.#leases.wait(key, timeoutMs);
	bytesHeld: Store['bytesHeld'] = () => Promise.resolve(this.#holdings.bytes);
	browse: Store['browse'] = (query, tagSets) =>
		browse(this.#holdings.listings.selection(tagSets, query), query, this.#clock.now());
	count: Store['count'] = (tags) => this.#census.count(tags);
	addStats: Store['addStats'] = async (at, deltas, batch) => this.#ledger.addStats(at, deltas, batch);
	readStats: Store['readStats'] = (interval, from, to) => Promise.resolve(this.#ledger.readStats(interval, from, to));
	readTotals: Store['readTotals'] = () => Promise.resolve(this.#ledger.totals());
	addRequested: Store['addRequested'] = async (requested) => this.#ledger.addRequested(requested);
	topRequested: Store['topRequested'] = (limit) => Promise.resolve(this.#ledger.topRequested(limit));
	appendJournal: Store['appendJournal'] = async (row) => this.#ledger.appendJournal(row);
	readJournal: Store['readJournal'] = (limit, before) => Promise.resolve(this.#ledger.readJournal(limit, before));
	lastInvalidations: Store['lastInvalidations'] = () => Promise.resolve(this.#ledger.lastInvalidations());
	modelStates: Store['modelStates'] = () => Promise.resolve(this.#ledger.models);
	putDocument: Store['putDocument'] = async (name, value, ttlMs) => this.#ledger.putDocument(name, value, ttlMs);
	getDocument: Store['getDocument'] = (name) => Promise.resolve(this.#ledger.getDocument(name));
	listDocuments: Store['listDocuments'] = (prefix) => Promise.resolve(this.#ledger.listDocuments(prefix));

	/** Only the tags of no entry are asked for: nothing is kept of others. */
	versions(tags: readonly Tag[]): Promise<(string | null)[]> {
		return Promise.resolve(
			tags.map((tag) => {
				const version = this.#versions.get(tag) ?? newId();
				this.#versions.set(tag, version);
				return version;
			}),
		);
	}

	stillHolds(reservation: Reservation): Promise<boolean> {
		const unchanged = tokensOf(reservation).cells.every((cell) => cell.sweep === null);
		return Promise.resolve(unchanged && this.#leases.holds(reservation.key, reservation.owner));
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

	release(reservation: Reservation): Promise<void> {
		this.#letGo(reservation);
		this.#leases.end(reservation.key, reservation.owner);
		return Promise.resolve();
	}

	invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		const sweep: Sweep = { order: this.#sweeps++, at: this.#clock.now(), figures: noFigures() };
		const revoked = tags.map((tag) => this.#holdings.cells.revoke(tag, sweep)).filter((cell) => cell !== undefined);
		for (const tag of tags) this.#versions.delete(tag);
		return Promise.resolve({ counted: this.#sweeper.sweep(revoked, sweep) });
	}

	async invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		this.#leases.endMatching((tags) => meets(tags, tagSets));
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
		for (const key of keys) {
			this.#leases.end(key);
			const held = this.#holdings.at(key);
			if (held !== undefined) this.#drop(held, figures);
		}
		return Promise.resolve(figures);
	}

	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		const held = this.#holdings.at(key);
		return Promise.resolve(held && { entry: this.#holdings.decode(held), size: held.bytes.length, hits: held.hits });
	}

	addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		for (const [key, count] of hits) this.#holdings.addHits(key, count);
		return Promise.resolve();
	}

	async setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		const before = this.#ledger.models.get(`${provider}/${model}`)?.version ?? 1;
		this.#ledger.setModelState(provider, model, state);
		if (state.version > before) this.#versions.delete(SETTINGS_TAG);
	}

	health(): Promise<StoreHealth> {
		return Promise.resolve({
			kind: 'memory',
			mode: 'embedded',
			connected: true,
			latencyMs: 0,
			memory: { used: this.#holdings.bytes, max: this.#holdings.max },
			firstLevel: null,
			hints: 'none',
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
