import type { Provider } from '../../shared/api-types.ts';
import type { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { StatsDelta, Store } from '../store.ts';

/** What a request was about, for counting. */
export interface Identity {
	provider: Provider;
	model: string;
	/** The collection that the request named, null where it named none. */
	collection: string | null;
}

export const COUNTERS = [
	'hits',
	'misses',
	'stale',
	'coalesced',
	'hits_without_usage',
	'bypassed',
	'stored',
	'stored_bytes',
	'errors',
	'refreshed',
	'refreshed_usd',
	'saved_usd',
	'saved_tokens',
	'saved_ms',
	'spent_usd',
	'spent_tokens',
	'spent_ms',
] as const;
export type Counter = (typeof COUNTERS)[number];

interface Row {
	identity: Identity;
	deltas: Partial<Record<Counter, number>>;
}

const FLUSH_MS = 1000;
/** Keys whose hits wait to be written; beyond it single hits are not counted per entry any more. */
const MAX_KEYS = 20_000;
/** A longer record of a request is not kept, so that a few long ones do not take the room of all. */
export const MAX_RECORD_BYTES = 65_536;
/** Bytes of records that wait to be written. */
const MAX_WAITING_BYTES = 8 * 2 ** 20;

interface Batch {
	number: number;
	at: number;
	deltas: StatsDelta[];
}

/**
 * Counts in memory and writes in batches, so that no request waits for a counter. What could not be written is kept
 * for the next time.
 */
export class StatsRecorder {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #source = newId();
	#rows = new Map<string, Row>();
	/** Of which nobody knows whether it was written: given again as it is, before any other. */
	#undecided: Batch | null = null;
	#batches = 0;
	#flushes: Promise<void> = Promise.resolve();
	#flushing = 0;
	#hits = new Map<string, number>();
	#requested = new Map<string, { count: number; record: Buffer | null }>();
	#recordBytes = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(store: Store, clock: Clock) {
		this.#store = store;
		this.#clock = clock;
	}

	start(): void {
		this.#timer = setInterval(() => this.#flushing === 0 && void this.flush(), FLUSH_MS);
		this.#timer.unref();
	}

	count(identity: Identity, deltas: Partial<Record<Counter, number>>): void {
		const id = `${identity.provider}\n${identity.model}\n${identity.collection ?? ''}`;
		let row = this.#rows.get(id);
		if (row === undefined) this.#rows.set(id, (row = { identity, deltas: {} }));
		for (const name in deltas) {
			const counter = name as Counter;
			row.deltas[counter] = (row.deltas[counter] ?? 0) + (deltas[counter] ?? 0);
		}
	}

	/** Counts a hit of the entry. */
	hit(key: string): void {
		const count = this.#hits.get(key);
		if (count !== undefined || this.#hits.size < MAX_KEYS) this.#hits.set(key, (count ?? 0) + 1);
	}

	/** Another entry stands at the key: hits of the former that wait to be written are none of its own. */
	replaced(key: string): void {
		this.#hits.delete(key);
	}

	/** Counts that a request was made, by what it is ranked under; `record` says how to make it again. */
	requested(rank: string, record: Buffer | null): void {
		const known = this.#requested.get(rank);
		if (known === undefined && this.#requested.size >= MAX_KEYS) return;
		const waiting = this.#recordBytes + (record?.length ?? 0) - (known?.record?.length ?? 0);
		const fits = record !== null && record.length <= MAX_RECORD_BYTES && waiting <= MAX_WAITING_BYTES;
		if (fits) this.#recordBytes = waiting;
		this.#requested.set(rank, { count: (known?.count ?? 0) + 1, record: fits ? record : (known?.record ?? null) });
	}

	/** Writes what was counted since the last time. Never throws. */
	flush(): Promise<void> {
		this.#flushing++;
		this.#flushes = this.#flushes.then(() => this.#flush()).finally(() => this.#flushing--);
		return this.#flushes;
	}

	async #flush(): Promise<void> {
		try {
			await this.#flushRows();
		} catch {
			// Is given again: see `#undecided`.
		}
		const hits = this.#hits;
		const requested = this.#requested;
		this.#hits = new Map();
		this.#requested = new Map();
		this.#recordBytes = 0;
		try {
			if (hits.size > 0) await this.#store.addHits(hits);
			if (requested.size > 0) await this.#store.addRequested(requested);
		} catch {
			// Which entries are asked most is an estimate that a lost second does not change.
		}
	}

	async #flushRows(): Promise<void> {
		await this.#settle();
		if (this.#rows.size === 0) return;
		const deltas = [...this.#rows.values()].map(toDelta);
		this.#rows = new Map();
		this.#undecided = { number: ++this.#batches, at: this.#clock.now(), deltas };
		await this.#settle();
	}

	async #settle(): Promise<void> {
		if (this.#undecided === null) return;
		const { number, at, deltas } = this.#undecided;
		await this.#store.addStats(at, deltas, { source: this.#source, number });
		this.#undecided = null;
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		await this.flush();
	}
}

function toDelta({ identity, deltas }: Row): StatsDelta {
	const { provider, model, collection } = identity;
	return { provider, model, collection: collection ?? '', deltas: deltas };
}
