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
