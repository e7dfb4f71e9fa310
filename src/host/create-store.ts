import type { Clock } from '../cache/clock.ts';
import type { StoreEvents } from '../cache/store.ts';
import { createOutbox } from '../content/outbox/outbox.ts';
import { GuardedStore } from '../stores/decorators/durable-invalidation-store.ts';
import { MemoryStore } from '../stores/memory/memory-store.ts';
import { outboxOfTags } from '../stores/decorators/outbox.ts';
import { RedisStore } from '../stores/redis/redis-store.ts';
import { ResilientStore } from '../stores/decorators/circuit-breaker-store.ts';
import { timeLimit } from '../cache/timeout.ts';
import type { OpenedStore } from '../services/opened-store.ts';
import type { HostContext } from '../services/host.ts';
import { outageRow } from '../services/invalidation/outage-journal.ts';
import type { Settings } from '../services/config/settings.ts';
import { StoreOutage } from './store-outage.ts';
import { VERSION } from '../services/config/version.ts';

/** A memory store that outlives the load of the bundle that made it. */
interface SharedStore {
	/** Code of another version may not know what is in it. */
	version: string;
	options: string;
	store: MemoryStore;
}

const PLACE = Symbol.for('directus-extension-ai-cache.memory');
const shared = globalThis as { [PLACE]?: SharedStore };

/** The store that the settings name. */
export function openStore(settings: Settings, host: HostContext, clock: Clock): OpenedStore {
	const { values } = settings;
	const events: StoreEvents = {
		undecodable: (key) => host.logger.warn(`AI cache: dropped the undecodable entry ${key}`),
		error: () => {},
	};
	const limits = {
		maxEntryBytes: values.AI_CACHE_MAX_ENTRY_SIZE,
		maxTtl: values.AI_CACHE_MAX_TTL / 1000,
		staleSeconds: values.AI_CACHE_STALE_WINDOW / 1000,
		journalRows: values.AI_CACHE_JOURNAL_MAX,
	};
	if (settings.store === 'memory') {
		const options = { ...limits, maxBytes: values.AI_CACHE_MEMORY_MAX };
		const store = inheritStore(JSON.stringify(options)) ?? shareStore(options, clock, events);
		return {
			breaker: () => 'closed',
			pendingInvalidations: () => 0,
			lastError: () => null,
			store,
			open: () => Promise.resolve(),
			close: () => store.close(),
		};
	}
	if (settings.unused.length > 0) {
		host.logger.warn(`AI cache: not used for the connection to Redis: ${settings.unused.join(', ')}`);
	}
	const outage = new StoreOutage({ log: host.logger, now: () => clock.now(), probe: () => isWorking(redis) });
	events.error = (error) => outage.report(error);
	const redis = new RedisStore({
		...limits,
		generationMs: values.AI_CACHE_UPSTREAM_TIMEOUT,
		connection: settings.redis,
		namespace: (settings.redis.keyPrefix ?? '') + values.AI_CACHE_NAMESPACE,
		firstLevelBytes: values.AI_CACHE_FIRST_LEVEL_MAX,
		clock,
		events,
	});
	const resilient = new ResilientStore(redis, { requestTimeoutMs: values.AI_CACHE_STORE_TIMEOUT });
	const store = new GuardedStore(resilient, {
		outbox: outboxOfTags(createOutbox(host.database, host.logger, { clock })),
		requestTimeoutMs: values.AI_CACHE_STORE_TIMEOUT,
		onReady: (listener) => redis.onReady(listener),
		catchUp: () => redis.catchUp(),
		onCarriedOut: (carriedOut) => void store.appendJournal(outageRow(carriedOut, clock.now())).catch(() => {}),
		onError: (error) => events.error(error),
	});
	redis.onReady(() => void outage.probe());
	return {
		store,
		open: () => redis.open(),
		breaker: () => resilient.state,
		pendingInvalidations: () => store.pendingInvalidations,
		lastError: () => outage.reason,
		close: () => {
			outage.stop();
			return store.close();
		},
	};
}

const PROBE_MS = 1000;
const PROBE = 'probe';

/** Whether a Redis answers and takes writes. */
async function isWorking(redis: RedisStore): Promise<boolean> {
	const { connected } = await timeLimit(PROBE_MS, () => redis.health());
	if (!connected) return false;
	await timeLimit(PROBE_MS, () => redis.putDocument(PROBE, '', PROBE_MS));
	return true;
}

/**
 * The memory store of this process if code of the same version made it with the same settings: Directus loads its
 * extensions anew whenever any of them is switched, installed or updated, and the answers are still good then.
 */
function inheritStore(options: string): MemoryStore | null {
	const found = shared[PLACE];
	return found?.version === VERSION && found.options === options ? found.store : null;
}

function shareStore(
	options: Omit<ConstructorParameters<typeof MemoryStore>[0], 'clock' | 'events'>,
	clock: Clock,
	events: StoreEvents,
): MemoryStore {
	const store = new MemoryStore({ ...options, clock, events });
	shared[PLACE] = { version: VERSION, options: JSON.stringify(options), store };
	return store;
}
