import type { Store } from '../cache/store.ts';

/** The store of this process, with what its decorators know. */
export interface OpenedStore {
	store: Store;
	/** Settles at the first connection, or once it failed. */
	open: () => Promise<void>;
	breaker: () => 'closed' | 'open' | 'half-open';
	pendingInvalidations: () => number;
	/** Why the store does not work now. */
	lastError: () => string | null;
	close: () => Promise<void>;
}
