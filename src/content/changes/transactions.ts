import type { Tag } from '../../cache/dependencies.ts';

/**
 * Knows which changes were committed before Directus told of them. The service of an update or a deletion opens a
 * transaction of its own, and tells when that is over, unless it was itself given one, as in batches, upserts and
 * imports: the filter before the change says which of the two it is. Filter and action get the very same array of keys.
 */
export class CommitMemory {
	readonly #alone = new WeakMap<object, boolean>();

	/** To be called in a filter before the change, with the database that it was given. */
	expect(keys: readonly unknown[], database: unknown): void {
		const before = this.#alone.get(keys) ?? true;
		this.#alone.set(keys, before && isOutside(database));
	}

	/** Whether the change is certain to be committed. `event` and `keys` as the action has them. */
	isCommitted(event: string, keys: unknown): boolean {
		// The services of system collections write more than they tell of, some of it after they told.
		const plain = event === 'items.update' || event === 'items.delete';
		return plain && Array.isArray(keys) && this.#alone.get(keys) === true;
	}
}

/** By what Directus itself tells a transaction by: what is none of Knex' functions is not known. */
const isOutside = (database: unknown): boolean =>
	typeof database === 'function' && !(database as { isTransaction?: boolean }).isTransaction;

/** As much of Knex' transactions as is used. */
interface Transaction {
	isTransaction?: boolean;
	isCompleted?: () => boolean;
	executionPromise?: Promise<unknown>;
	parentTransaction?: Transaction;
}

/**
 * The transactions under way, with what was told of before they were committed. For changes that no request waits for:
 * by a WebSocket, an import in the background, a Flow on a schedule, another extension.
 */
export class OpenTransactions {
	readonly #open = new Map<Transaction, Set<Tag>>();
	readonly #committed: (tags: readonly Tag[]) => void;

	/** `committed` is told the tags of a transaction once that is committed, where there are any. */
	constructor(committed: (tags: readonly Tag[]) => void) {
		this.#committed = committed;
	}

	/** To be called in a filter before each change, with the database that it was given. */
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

	/** Whether there are any: what is told of now may not be committed then. */
	get hasUncommitted(): boolean {
		return [...this.#open.keys()].some(isUnderWay);
	}

	/** An event does not say which transaction it is of: it may be any that is not over. */
	add(tags: readonly Tag[]): void {
		for (const [transaction, told] of this.#open) {
			if (isUnderWay(transaction)) for (const tag of tags) told.add(tag);
		}
	}
}

const isUnderWay = (transaction: Transaction): boolean => transaction.isCompleted?.() !== true;

function findOutermost(database: unknown): Transaction | null {
	let found = typeof database === 'function' ? (database as Transaction) : null;
	while (found?.parentTransaction) found = found.parentTransaction;
	return found?.isTransaction && found.executionPromise ? found : null;
}
