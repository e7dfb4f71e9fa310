import { allTag, type Tag } from '../../cache/tags/tags.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import type { Database } from '../changes/cascades.ts';
import { createOutboxTable, type OutboxTable } from './outbox-table.ts';

/** An invalidation that has not been applied yet. */
export interface PendingInvalidation {
	/** `d` and the row's number in the database, or `m` and a number if it is only in this process. */
	id: string;
	/** ISO 8601. */
	created: string;
	tags: Tag[];
	/** The event or other cause, such as `items.update`. */
	cause: string;
}

export interface OutboxLogger {
	warn(message: string): void;
}

/**
 * Invalidations that could not be applied while the store was unavailable, in order. They are kept in Directus' database,
 * where every process and the next start find them. While the database fails too, they are kept in memory.
 */
export interface Outbox {
	/**
	 * Resolves with the id when the invalidation is in the database, or is known to be only in memory. Never rejects,
	 * because a hook cannot report the error.
	 */
	add(tags: readonly Tag[], cause: string): Promise<string>;
	/**
	 * Returns all pending invalidations, oldest first, including other processes' and earlier runs'. Rejects while the
	 * database cannot be read, because some may then be unknown.
	 */
	listPending(): Promise<PendingInvalidation[]>;
	/** Returns the invalidations that are only in memory. */
	listUnwritten(): PendingInvalidation[];
	/**
	 * Call after applying the invalidations. Returns how many of them still existed. Never rejects: an invalidation that
	 * cannot be removed is applied again.
	 */
	remove(ids: readonly string[]): Promise<number>;
	/** The number of pending invalidations that this process knows of. Exact after `listPending()`. */
	readonly size: number;
}

/** If there are more, one invalidation of everything replaces them. */
export const MAX_PENDING = 10_000;

type Step = 'write' | 'read' | 'remove';
const FAILURES: Readonly<Record<Step, string>> = {
	write: 'invalidations are kept only in memory',
	read: 'pending invalidations cannot be read, so no answers are served from Redis',
	remove: 'applied invalidations cannot be removed and will be applied again',
};

export function createOutbox(
	database: Database,
	logger: OutboxLogger,
	options: { clock?: Clock; maxPending?: number } = {},
): Outbox {
	return new DatabaseOutbox(createOutboxTable(database), logger, options);
}

class DatabaseOutbox implements Outbox {
	readonly #table: OutboxTable;
	readonly #logger: OutboxLogger;
	readonly #clock: Clock;
	readonly #maxPending: number;
	/** Not yet in the database; in order. */
	#memory: PendingInvalidation[] = [];
	#stored = 0;
	#numbers = 0;
	/** Ids by temporary id, until their `add` resolves. */
	readonly #ids = new Map<string, string>();
	/** Steps that fail in the database, to log each failure once. */
	readonly #failing = new Set<Step>();
	/** Serializes the steps, so that rows keep the order of their events. */
	#queue: Promise<void> = Promise.resolve();

	constructor(
		table: OutboxTable,
		logger: OutboxLogger,
		{ clock = systemClock, maxPending = MAX_PENDING }: { clock?: Clock; maxPending?: number },
	) {
		this.#table = table;
		this.#logger = logger;
		this.#clock = clock;
		this.#maxPending = maxPending;
	}

	get size(): number {
		return this.#stored + this.#memory.length;
	}

	async add(tags: readonly Tag[], cause: string): Promise<string> {
		this.#numbers += 1;
		const id = `m${this.#numbers}`;
		const created = new Date(this.#clock.now()).toISOString();
		this.#memory.push({ id, created, tags: [...tags], cause });
		if (this.#memory.length > this.#maxPending) this.#memory = [this.#createOverflow(created)];
		this.#ids.set(id, id);
		await this.#enqueue('write', () => this.#persist()).catch(() => {});
		const finalId = this.#ids.get(id)!;
		this.#ids.delete(id);
		return finalId;
	}

	async listPending(): Promise<PendingInvalidation[]> {
		await this.#enqueue('write', () => this.#persist()).catch(() => {});
		let stored: PendingInvalidation[] = [];
		await this.#enqueue('read', async () => {
			stored = await this.#table.read();
			this.#stored = stored.length;
		});
		return [...stored, ...this.#memory];
	}

	listUnwritten(): PendingInvalidation[] {
		return [...this.#memory];
	}

	async remove(ids: readonly string[]): Promise<number> {
		const gone = new Set(ids);
		const before = this.#memory.length;
		this.#memory = this.#memory.filter(({ id }) => !gone.has(id));
		const inMemory = before - this.#memory.length;
		let inDatabase = 0;
		await this.#enqueue('remove', async () => {
			inDatabase = await this.#table.remove(ids);
			this.#stored = Math.max(0, this.#stored - inDatabase);
		}).catch(() => {});
		return inMemory + inDatabase;
	}

	/** Invalidations that arrive during a write are written by the step that their own `add` has queued. */
	async #persist(): Promise<void> {
		const batch = this.#memory;
		if (batch.length === 0) return;
		const ids = await this.#table.append(batch);
		const written = new Set(batch.map(({ id }) => id));
		batch.forEach(({ id }, index) => this.#ids.has(id) && this.#ids.set(id, ids[index]!));
		this.#memory = this.#memory.filter(({ id }) => !written.has(id));
		this.#stored += batch.length;
		if (this.#stored > this.#maxPending) {
			await this.#table.collapse(this.#createOverflow(new Date(this.#clock.now()).toISOString()));
			this.#stored = 1;
		}
	}

	#createOverflow(created: string): PendingInvalidation {
		this.#numbers += 1;
		return { id: `m${this.#numbers}`, created, tags: [allTag()], cause: 'overflow' };
	}

	#enqueue(step: Step, work: () => Promise<void>): Promise<void> {
		const done = this.#queue.then(work).then(
			() => void this.#failing.delete(step),
			(error: unknown) => {
				if (!this.#failing.has(step))
					this.#logger.warn(`AI cache: ${FAILURES[step]}; the database fails (${getErrorCode(error)})`);
				this.#failing.add(step);
				throw error;
			},
		);
		this.#queue = done.catch(() => {});
		return done;
	}
}

/** Returns the driver's error code. Its message would contain the statement with keys and tags. */
function getErrorCode(error: unknown): string {
	if (!(error instanceof Error)) return 'unknown error';
	return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
