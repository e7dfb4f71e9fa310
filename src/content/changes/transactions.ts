import type { Tag } from '../../cache/tags/tags.ts';

/**
 * Remembers which changes are committed when their action event fires. For an update or deletion, a Directus service
 * opens its own transaction and fires the event after the commit. In batches, upserts and imports it runs in an outer
 * transaction instead, and the event comes before the commit. The filter before the change shows which case applies.
 * Filter and action get the same array object of keys.
 */
export class CommitMemory {
	readonly #alone = new WeakMap<object, boolean>();

	/** Call in a filter before the change, with the filter's database. */
	expect(keys: readonly unknown[], database: unknown): void {
		const before = this.#alone.get(keys) ?? true;
		this.#alone.set(keys, before && isOutside(database));
	}

	/** Returns whether the change is certainly committed. `event` and `keys` come from the action. */
	isCommitted(event: string, keys: unknown): boolean {
		// Services of system collections write more than they report, some of it after the event.
		const plain = event === 'items.update' || event === 'items.delete';
		return plain && Array.isArray(keys) && this.#alone.get(keys) === true;
	}
}

/** Checks the property that Directus checks too. Values other than Knex functions count as unknown. */
const isOutside = (database: unknown): boolean =>
	typeof database === 'function' && !(database as { isTransaction?: boolean }).isTransaction;

/** The part of Knex' transactions that is used. */
interface Transaction {
	isTransaction?: boolean;
	isCompleted?: () => boolean;
	executionPromise?: Promise<unknown>;
	parentTransaction?: Transaction;
}

/**
 * The open transactions, with the tags that were reported before their commit. Used for changes that belong to no HTTP
 * request: from a WebSocket, a background import, a scheduled Flow or another extension.
 */
export class OpenTransactions {
	readonly #open = new Map<Transaction, Set<Tag>>();
	readonly #committed: (tags: readonly Tag[]) => void;

	/** `committed` is called with the tags of each committed transaction that has any. */
	constructor(committed: (tags: readonly Tag[]) => void) {
		this.#committed = committed;
	}

	/** Call in a filter before each change, with the filter's database. */
	watch(database: unknown): void {
		const transaction = findOutermost(database);
		if (transaction === null || this.#open.has(transaction) || !isUnderWay(transaction)) return;
		const tags = new Set<Tag>();
		this.#open.set(transaction, tags);
		const remove = (): void => void this.#open.delete(transaction);
		transaction.executionPromise?.then(() => {
			remove();
			if (tags.size > 0) this.#committed([...tags]);
		}, remove);
	}

	/** Whether any transaction is open. A change that is reported now may then be uncommitted. */
	get hasUncommitted(): boolean {
		return [...this.#open.keys()].some(isUnderWay);
	}

	/** Adds the tags to every open transaction, because an event does not name its own. */
	add(tags: readonly Tag[]): void {
		for (const [transaction, collected] of this.#open) {
			if (isUnderWay(transaction)) for (const tag of tags) collected.add(tag);
		}
	}
}

const isUnderWay = (transaction: Transaction): boolean => transaction.isCompleted?.() !== true;

function findOutermost(database: unknown): Transaction | null {
	let found = typeof database === 'function' ? (database as Transaction) : null;
	while (found?.parentTransaction) found = found.parentTransaction;
	return found?.isTransaction && found.executionPromise ? found : null;
}
