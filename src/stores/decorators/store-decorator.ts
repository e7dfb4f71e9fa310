import type { Store } from '../../cache/store.ts';

/**
 * - `request`: on the way of a generation request;
 * - `administration`: everything else;
 * - `bulk`: takes as long as there are entries.
 */
export type CallKind = 'request' | 'administration' | 'bulk';

const KINDS = {
	lookup: 'request',
	versions: 'request',
	stillHolds: 'request',
	begin: 'request',
	beginMany: 'request',
	commit: 'request',
	release: 'request',
	renew: 'request',
	invalidate: 'administration',
	invalidateMatching: 'bulk',
	measure: 'bulk',
	removeKeys: 'administration',
	browse: 'bulk',
	read: 'administration',
	count: 'administration',
	bytesHeld: 'bulk',
	addStats: 'administration',
	readStats: 'administration',
	readTotals: 'administration',
	addHits: 'administration',
	addRequested: 'administration',
	topRequested: 'administration',
	appendJournal: 'administration',
	readJournal: 'administration',
	lastInvalidations: 'administration',
	modelStates: 'administration',
	setModelState: 'administration',
	putDocument: 'administration',
	getDocument: 'administration',
	listDocuments: 'administration',
} as const satisfies Record<Exclude<keyof Store, 'waitFor' | 'health' | 'close'>, CallKind>;

type Call = (...parameters: unknown[]) => Promise<unknown>;

/** A store around another: every call but `waitFor`, `health` and `close` goes through `around`. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- The loop below defines the methods.
export abstract class WrappedStore {
	protected readonly inner: Store;

	constructor(inner: Store) {
		this.inner = inner;
	}

	protected abstract around<Result>(kind: CallKind, call: () => Promise<Result>): Promise<Result>;

	static {
		for (const [name, kind] of Object.entries(KINDS)) {
			const method = function (this: WrappedStore, ...parameters: unknown[]): Promise<unknown> {
				const inner = this.inner as unknown as Record<string, Call>;
				return this.around(kind, () => inner[name]!(...parameters));
			};
			Object.defineProperty(this.prototype, name, { value: method, writable: true, configurable: true });
		}
	}

	waitFor(key: string, timeoutMs: number): Promise<void> {
		return this.inner.waitFor(key, timeoutMs);
	}

	health(): ReturnType<Store['health']> {
		return this.inner.health();
	}

	close(): Promise<void> {
		return this.inner.close();
	}
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- See above.
export interface WrappedStore extends Store {}
