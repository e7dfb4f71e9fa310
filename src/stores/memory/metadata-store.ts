import type { InvalidationCause, JournalRow, Provider, StatsInterval } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import type { ModelState, RequestedEntry, StatsBatch, StatsBucket, StatsDelta, Totals } from '../../cache/store.ts';
import type { RequestedTable } from './popular-requests.ts';
import { StatsTable } from './stats-table.ts';

/** Counters, journal, what is asked most, models and documents: all that is not an entry. */
export class Ledger {
	readonly #clock: Clock;
	readonly #journalRows: number;
	readonly #stats = new StatsTable();
	/** Number of the last batch by source. */
	readonly #counted = new Map<string, number>();
	readonly #requested: RequestedTable;
	readonly #journal: JournalRow[] = [];
	readonly #invalidations = new Map<InvalidationCause, { rows: number; entries: number }>();
	readonly #lastByCollection = new Map<string, JournalRow>();
	readonly #models = new Map<string, ModelState>();
	readonly #documents = new Map<string, { value: string; until: number }>();

	constructor(clock: Clock, journalRows: number, requested: RequestedTable) {
		this.#clock = clock;
		this.#requested = requested;
		this.#journalRows = journalRows;
	}

	addStats(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): void {
		if (batch && (this.#counted.get(batch.source) ?? 0) >= batch.number) return;
		if (batch) this.#counted.set(batch.source, batch.number);
		this.#stats.add(at, deltas);
	}

	readStats(interval: StatsInterval, from: number, to: number): StatsBucket[] {
		return this.#stats.read(interval, from, to);
	}

	totals(): Totals {
		return { rows: this.#stats.totals(), invalidations: Object.fromEntries(this.#invalidations) };
	}

	addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): void {
		this.#requested.add(requested, this.#clock.now());
	}

	topRequested(limit: number): RequestedEntry[] {
		return this.#requested.top(limit, this.#clock.now());
	}

	appendJournal(row: JournalRow): void {
		const { rows, entries } = this.#invalidations.get(row.cause) ?? { rows: 0, entries: 0 };
		this.#invalidations.set(row.cause, { rows: rows + 1, entries: entries + row.entries });
		this.#journal.unshift(row);
		this.#journal.length = Math.min(this.#journal.length, this.#journalRows);
		if (row.cause !== 'refresh' && row.criteria.collection !== undefined)
			this.#lastByCollection.set(row.criteria.collection, row);
	}

	readJournal(limit: number, before: string | null): JournalRow[] {
		if (before === null) return this.#journal.slice(0, limit);
		const place = this.#journal.findIndex((row) => row.id === before);
		return place < 0 ? [] : this.#journal.slice(place + 1, place + 1 + limit);
	}

	lastInvalidations(): Record<string, JournalRow> {
		return Object.fromEntries(this.#lastByCollection);
	}

	get models(): ReadonlyMap<string, ModelState> {
		return this.#models;
	}

	setModelState(provider: Provider, model: string, state: ModelState): void {
		const name = `${provider}/${model}`;
		this.#models.set(name, { ...state, version: Math.max(state.version, this.#models.get(name)?.version ?? 0) });
	}

	putDocument(name: string, value: string, ttlMs: number): void {
		const now = this.#clock.now();
		for (const [other, { until }] of this.#documents) if (until <= now) this.#documents.delete(other);
		this.#documents.set(name, { value, until: now + ttlMs });
	}

	getDocument(name: string): string | null {
		const document = this.#documents.get(name);
		return document && document.until > this.#clock.now() ? document.value : null;
	}

	listDocuments(prefix: string): string[] {
		const now = this.#clock.now();
		const live = [...this.#documents].filter(([name, { until }]) => name.startsWith(prefix) && until > now);
		return live.map(([, { value }]) => value);
	}
}
