import type { Clock } from '../cache/clock.ts';
import type { Store, StoreEvents } from '../cache/store.ts';
import { createOutbox } from '../content/outbox.ts';
import { GuardedStore } from '../stores/guarded.ts';
import { MemoryStore } from '../stores/memory/store.ts';
import { outboxOfTags } from '../stores/outbox.ts';
import { RedisStore } from '../stores/redis/store.ts';
import { ResilientStore } from '../stores/resilient.ts';
import type { HostContext } from './host.ts';
import { outageRow } from './outage-row.ts';
import type { Settings } from './settings.ts';

export interface OpenedStore {
	store: Store;
	/** Settles at the first connection, or once it failed. */
	open: () => Promise<void>;
	breaker: () => 'closed' | 'open' | 'half-open';
	pendingInvalidations: () => number;
	lastError: () => string | null;
}

/** What the runtime has to hear from its store. */
export type StoreTold = Pick<StoreEvents, 'modelsChanged' | 'revoked' | 'lost'>;

/** The store that the settings name. */
export function openStore(settings: Settings, host: HostContext, clock: Clock, told: StoreTold): OpenedStore {
	const { values } = settings;
	let lastError: string | null = null;
	const events: StoreEvents = {
		undecodable: (key) => host.logger.warn(`AI cache: dropped the undecodable entry ${key}`),
		error: (error) => {
			const reason = describe(error);
			if (reason !== lastError) host.logger.warn(`AI cache: the store reports ${reason}`);
			lastError = reason;
		},
		...told,
	};
	const limits = {
		maxEntryBytes: values.AI_CACHE_MAX_ENTRY_SIZE,
		maxTtl: values.AI_CACHE_MAX_TTL / 1000,
		staleSeconds: values.AI_CACHE_STALE_WINDOW / 1000,
		journalRows: values.AI_CACHE_JOURNAL_MAX,
	};
	const plain = { breaker: () => 'closed' as const, pendingInvalidations: () => 0, lastError: () => lastError };
	if (settings.store === 'memory') {
		const store = new MemoryStore({ ...limits, maxBytes: values.AI_CACHE_MEMORY_MAX, clock, events });
		return { ...plain, store, open: () => Promise.resolve() };
	}
	const redis = new RedisStore({
		...limits,
		generationMs: values.AI_CACHE_UPSTREAM_TIMEOUT,
		connection: settings.redis,
		namespace: values.AI_CACHE_NAMESPACE,
		firstLevelBytes: values.AI_CACHE_FIRST_LEVEL_MAX,
		clock,
		events,
	});
	const resilient = new ResilientStore(redis, { requestTimeoutMs: values.AI_CACHE_STORE_TIMEOUT });
	const store = new GuardedStore(resilient, {
		outbox: outboxOfTags(createOutbox(host.database, host.logger, { clock })),
		onReady: (listener) => redis.onReady(listener),
		catchUp: () => redis.catchUp(),
		onKept: told.revoked,
		onCarriedOut: (carriedOut) => void store.appendJournal(outageRow(carriedOut, clock.now())).catch(() => {}),
		onError: (error) => events.error(error),
	});
	return {
		store,
		open: () => redis.open(),
		breaker: () => resilient.state,
		pendingInvalidations: () => store.pendingInvalidations,
		lastError: () => lastError,
	};
}

/** A code where there is one: messages of connection errors name addresses. */
function describe(error: unknown): string {
	if (!(error instanceof Error)) return 'an unknown error';
	return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
