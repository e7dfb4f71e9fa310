import { allTag, type Tag } from '../../cache/dependencies.ts';
import { type Clock, systemClock } from '../../cache/clock.ts';
import type { Database } from '../changes/cascades.ts';
import { createOutboxTable } from './outbox-table.ts';

/** An invalidation that is still to be carried out. */
export interface PendingInvalidation {
	/** `d` and the row's number in the database, `m` and a number where it is in this process alone. */
	id: string;
	/** ISO 8601. */
	created: string;
	tags: Tag[];
	/** The event or whatever else it was done by, as `items.update`. */
	cause: string;
}

export interface OutboxLogger {
	warn(message: string): void;
}

/**
 * Invalidations that could not be carried out while the store was away, in the order in which they came: in Directus'
 * own database, where every process and the next start finds them, and in memory while the database fails as well.
 */
export interface Outbox {
	/**
	 * Resolves with its id when the invalidation is on disk, or is known to be in memory alone. Never rejects: a hook has
	 * nobody to tell.
	 */
	add(tags: readonly Tag[], cause: string): Promise<string>;
	/**
	 * All that are still to be carried out, oldest first, those of other processes and earlier runs included. Rejects
	 * while the database cannot be read: then nobody knows whether any are.
	 */
	listPending(): Promise<PendingInvalidation[]>;
	/** Those that are in memory alone. */
	listUnwritten(): PendingInvalidation[];
	/**
	 * To be called once they are carried out. Answers how many of them were still there. Never rejects: what stays is
	 * carried out once more.
	 */
	remove(ids: readonly string[]): Promise<number>;
	/** How many are pending as far as this process knows; exact after `pending()`. */
	readonly size: number;
}

/** Above this many, one invalidation of everything takes their place. */
export const MAX_PENDING = 10_000;

type Done = 'written' | 'read' | 'removed';
const FAILURES: Readonly<Record<Done, string>> = {
	written: 'invalidations are kept in memory alone',
	read: 'invalidations that may wait cannot be read, and nothing is answered from Redis until they are',
	removed: 'invalidations that were carried out will be once more',
};

export function createOutbox(
	database: Database,
	logger: OutboxLogger,
	{ clock = systemClock, maxPending = MAX_PENDING }: { clock?: Clock; maxPending?: number } = {},
): Outbox {
	return new DatabaseOutbox(database, logger, clock, maxPending);
}

class DatabaseOutbox implements Outbox {
	readonly #table: ReturnType<typeof createOutboxTable>;
	readonly #logger: OutboxLogger;
	readonly #clock: Clock;
	readonly #maxPending: number;
	/** Not yet in the database; in order. */
	#memory: PendingInvalidation[] = [];
	#stored = 0;
	#numbers = 0;
	/** Ids that their `add` is still to be told. */
	readonly #ids = new Map<string, string>();
	/** What the database fails at, to say each once. */
	readonly #failing = new Set<Done>();
	/** One write after another keeps the order of rows the order of events. */
	#queue: Promise<void> = Promise.resolve();

	constructor(database: Database, logger: OutboxLogger, clock: Clock, maxPending: number) {
		this.#table = createOutboxTable(database);
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
		await this.#enqueue('written', () => this.#persist()).catch(() => {});
		const told = this.#ids.get(id)!;
		this.#ids.delete(id);
		return told;
	}

	async listPending(): Promise<PendingInvalidation[]> {
		await this.#enqueue('written', () => this.#persist()).catch(() => {});
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
		await this.#enqueue('removed', async () => {
			inDatabase = await this.#table.remove(ids);
			this.#stored = Math.max(0, this.#stored - inDatabase);
		}).catch(() => {});
		return inMemory + inDatabase;
	}

	/** What came while a write was under way is left to the write that its own `add` has asked for. */
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

	#enqueue(done: Done, step: () => Promise<void>): Promise<void> {
		const stepped = this.#queue.then(step).then(
			() => void this.#failing.delete(done),
			(error: unknown) => {
				if (!this.#failing.has(done))
					this.#logger.warn(`AI cache: ${FAILURES[done]}, the database fails (${getErrorCode(error)})`);
				this.#failing.add(done);
				throw error;
			},
		);
		this.#queue = stepped.catch(() => {});
		return stepped;
	}
}

/** The driver's code: a message would hold the statement, with the keys and tags in it. */
function getErrorCode(error: unknown): string {
	if (!(error instanceof Error)) return 'unknown error';
	return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
