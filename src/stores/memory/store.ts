import type { JournalRow, Provider, StatsInterval } from '../../contract.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import { encodeEntry } from '../../cache/codec.ts';
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
	StatsBucket,
	StatsDelta,
	Store,
	StoreEvents,
	StoreHealth,
} from '../../cache/store.ts';
import { BoundedEntries } from '../bounded-entries.ts';
import { browse } from './browse.ts';
import { type Cell, Cells } from './cells.ts';
import {
	addFigures,
	covers,
	decodeHeld,
	DECODED_BYTES,
	type Held,
	heldBytes,
	meets,
	noFigures,
	stateOf,
} from './held.ts';
import { Leases } from './leases.ts';
import { RequestedTable } from './requested-table.ts';
import { StatsTable } from './stats-table.ts';
import { Sweeper } from './sweeper.ts';

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

/** The embedded store: one process, bounded by bytes, nothing outlives the process. */
export class MemoryStore implements Store {
	readonly #options: MemoryStoreOptions;
	readonly #clock: Clock;
	readonly #entries: BoundedEntries<Held>;
	readonly #cells: Cells<Held>;
	readonly #leases: Leases;
	readonly #sweeper: Sweeper;
	readonly #stats = new StatsTable();
	readonly #requested = new RequestedTable();
	readonly #journal: JournalRow[] = [];
	readonly #lastByCollection = new Map<string, JournalRow>();
	readonly #models = new Map<string, ModelState>();
	readonly #documents = new Map<string, { value: string; until: number }>();

	constructor(options: MemoryStoreOptions) {
		this.#options = options;
		this.#clock = options.clock ?? systemClock;
		this.#entries = new BoundedEntries<Held>(options.maxBytes, (held) => this.#forget(held));
		this.#cells = new Cells<Held>((bytes) => this.#entries.reserve(bytes));
		this.#leases = new Leases(this.#clock);
		this.#sweeper = new Sweeper(
			() => this.#all(),
			(held) => this.#removeHeld(held),
			() => this.#clock.now(),
		);
	}

	peek({ key, tags }: Lookup): Entry | undefined {
		const held = this.#entries.get(key);
		if (held === undefined || stateOf(held, this.#clock.now()) !== 'fresh' || !covers(held, tags)) return undefined;
		return this.#decode(held);
	}

	lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		return Promise.resolve(lookups.map((lookup) => this.#find(lookup)));
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
		const revoked = tags.map((tag) => this.#cells.revoke(tag)).filter((cell) => cell !== undefined);
		return Promise.resolve({ counted: this.#sweeper.sweep(revoked) });
	}

	invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		this.#leases.endMatching((tags) => meets(tags, tagSets));
		// In one go, not in chunks: there is no token to take away that would make the rest invalid meanwhile.
		const figures = noFigures();
		const now = this.#clock.now();
		for (const held of [...this.#all()]) {
			if (!meets(tagsOf(held), tagSets)) continue;
			if (stateOf(held, now) === 'fresh') addFigures(figures, held);
			this.#removeHeld(held);
		}
		return Promise.resolve({ counted: Promise.resolve(figures) });
	}

	measure(tagSets: readonly (readonly Tag[])[]): Promise<HeldFigures> {
		const figures = noFigures();
		const now = this.#clock.now();
		for (const held of this.#all()) {
			if (stateOf(held, now) === 'fresh' && meets(tagsOf(held), tagSets)) addFigures(figures, held);
		}
		return Promise.resolve(figures);
	}

	removeKeys(keys: readonly string[]): Promise<HeldFigures> {
		const figures = noFigures();
		for (const key of keys) {
			this.#leases.end(key);
			const held = this.#entries.peek(key);
			if (held === undefined) continue;
			if (stateOf(held, this.#clock.now()) === 'fresh') addFigures(figures, held);
			this.#removeHeld(held);
		}
		return Promise.resolve(figures);
	}

	browse(query: EntryQuery, tagSets: readonly (readonly Tag[])[]): Promise<FoundPage> {
		return Promise.resolve(browse(this.#all(), query, tagSets, this.#clock.now(), (held) => this.#decode(held)));
	}

	read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		const held = this.#entries.peek(key);
		return Promise.resolve(held && { entry: this.#decode(held), size: held.bytes.length, hits: held.hits });
	}

	count(tags: readonly Tag[]): Promise<number[]> {
		const now = this.#clock.now();
		const counts = new Map<Tag, number>(tags.map((tag) => [tag, 0]));
		for (const held of this.#all()) {
			if (stateOf(held, now) !== 'fresh') continue;
			for (const cell of held.cells) {
				const count = counts.get(cell.tag);
				if (count !== undefined) counts.set(cell.tag, count + 1);
			}
		}
		return Promise.resolve(tags.map((tag) => counts.get(tag) ?? 0));
	}

	bytesHeld(): Promise<number> {
		return Promise.resolve(this.#entries.bytes);
	}

	addStats(at: number, deltas: readonly StatsDelta[]): Promise<void> {
		this.#stats.add(at, deltas);
		return Promise.resolve();
	}

	readStats(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]> {
		return Promise.resolve(this.#stats.read(interval, from, to));
	}

	addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		for (const [key, count] of hits) {
			const held = this.#entries.peek(key);
			if (held) held.hits += count;
		}
		return Promise.resolve();
	}

	addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void> {
		this.#requested.add(requested, this.#clock.now());
		return Promise.resolve();
	}

	topRequested(limit: number): Promise<RequestedEntry[]> {
		return Promise.resolve(this.#requested.top(limit, this.#clock.now()));
	}

	appendJournal(row: JournalRow): Promise<void> {
		this.#journal.unshift(row);
		this.#journal.length = Math.min(this.#journal.length, this.#options.journalRows);
		if (row.criteria.collection !== undefined) this.#lastByCollection.set(row.criteria.collection, row);
		return Promise.resolve();
	}

	readJournal(limit: number, before: string | null): Promise<JournalRow[]> {
		const start = before === null ? 0 : this.#journal.findIndex((row) => row.id === before) + 1;
		return Promise.resolve(this.#journal.slice(start, start + limit));
	}

	lastInvalidations(): Promise<Record<string, JournalRow>> {
		return Promise.resolve(Object.fromEntries(this.#lastByCollection));
	}

	modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		return Promise.resolve(this.#models);
	}

	setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		this.#models.set(`${provider}/${model}`, state);
		return Promise.resolve();
	}

	putDocument(name: string, value: string, ttlMs: number): Promise<void> {
		const now = this.#clock.now();
		for (const [other, { until }] of this.#documents) if (until <= now) this.#documents.delete(other);
		this.#documents.set(name, { value, until: now + ttlMs });
		return Promise.resolve();
	}

	getDocument(name: string): Promise<string | null> {
		const document = this.#documents.get(name);
		return Promise.resolve(document && document.until > this.#clock.now() ? document.value : null);
	}

	listDocuments(prefix: string): Promise<string[]> {
		const now = this.#clock.now();
		const live = [...this.#documents].filter(([name, { until }]) => name.startsWith(prefix) && until > now);
		return Promise.resolve(live.map(([, { value }]) => value));
	}

	health(): Promise<StoreHealth> {
		return Promise.resolve({
			kind: 'memory',
			mode: 'embedded',
			connected: true,
			latencyMs: 0,
			memory: { used: this.#entries.bytes, max: this.#entries.max },
			firstLevel: null,
			bus: 'none',
		});
	}

	close(): Promise<void> {
		this.#entries.clear();
		return Promise.resolve();
	}

	#find({ key, tags }: Lookup): Found | undefined {
		const held = this.#entries.get(key);
		if (held === undefined) return undefined;
		const now = this.#clock.now();
		if (held.expires + this.#options.staleSeconds * 1000 <= now) {
			this.#removeHeld(held);
			return undefined;
		}
		return { entry: this.#decode(held), state: stateOf(held, now), covers: covers(held, tags) };
	}

	#reserve({ key, tags }: Lookup, owner: string): Reservation {
		const cells = tags.map((tag) => this.#cells.hold(tag));
		return { key, tags, owner, tokens: cells, replaces: this.#find({ key, tags }) };
	}

	#commit({ reservation, entry }: Commit): CommitResult {
		const result = this.#store(reservation, entry);
		this.#letGo(reservation);
		this.#leases.end(reservation.key, reservation.owner);
		return result;
	}

	#store(reservation: Reservation, entry: Entry): CommitResult {
		if (!this.#leases.holds(reservation.key, reservation.owner)) return 'superseded';
		if (cellsOf(reservation).some((cell) => cell.revoked)) return 'invalidated';
		if (entry.body.length > this.#options.maxEntryBytes) return 'too_large';
		const held = this.#hold(reservation, entry);
		const bytes = heldBytes(held.bytes.length, held.key, held.cells.length);
		return this.#entries.set(held.key, held, bytes, entry.meta.costTier) ? 'stored' : 'too_large';
	}

	#hold(reservation: Reservation, entry: Entry): Held {
		const encoded = encodeEntry(entry);
		// A buffer of its own: a slice of Node's pool would keep the whole slab.
		const bytes = Buffer.allocUnsafeSlow(encoded.length);
		encoded.copy(bytes);
		const cells = reservation.tags.map((tag) => this.#cells.hold(tag));
		const { created, expires, usd } = entry.meta;
		const held: Held = {
			key: reservation.key,
			owner: reservation.owner,
			bytes,
			created,
			expires,
			usd,
			cells,
			coveredTags: reservation.tags,
			decoded: null,
			hits: 0,
		};
		for (const cell of cells) cell.members?.add(held);
		return held;
	}

	#decode(held: Held): Entry {
		if (held.decoded === null) this.#entries.reserve(DECODED_BYTES);
		return decodeHeld(held, Infinity);
	}

	#forget(held: Held): void {
		if (held.decoded !== null) this.#entries.reserve(-DECODED_BYTES);
		for (const cell of held.cells) {
			cell.members?.delete(held);
			this.#cells.letGo(cell);
		}
	}

	#removeHeld(held: Held): void {
		if (this.#entries.peek(held.key) === held) this.#entries.delete(held.key);
	}

	#letGo(reservation: Reservation): void {
		for (const cell of cellsOf(reservation)) this.#cells.letGo(cell);
	}

	*#all(): Iterable<Held> {
		for (const slot of this.#entries.values()) yield slot.value;
	}
}

const cellsOf = (reservation: Reservation): readonly Cell<Held>[] => reservation.tokens as readonly Cell<Held>[];
const tagsOf = (held: Held): Tag[] => held.cells.map((cell) => cell.tag);
