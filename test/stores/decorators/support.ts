import { expect } from 'vitest';
import type { Entry } from '../../../src/cache/entry.ts';
import { StoreUnavailableError } from '../../../src/cache/errors.ts';
import type { CarriedOut, Store } from '../../../src/cache/store.ts';
import { GuardedStore } from '../../../src/stores/decorators/durable-invalidation-store.ts';
import type { Outbox } from '../../../src/stores/decorators/outbox.ts';
import type { RedisConnectionOptions } from '../../../src/shared/redis-connection.ts';
import { RedisStore } from '../../../src/stores/redis/redis-store.ts';
import { ResilientStore } from '../../../src/stores/decorators/circuit-breaker-store.ts';
import { commitTo, JOURNAL_ROWS, lookupOf, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/harness.ts';
import { type SampleOptions, sampleEntry } from '../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectionTo } from '../redis/support.ts';

export const SURVIVING = ['--appendonly', 'yes', '--appendfsync', 'always'];
export const clock = { now: () => Date.now() };
const stops: (() => Promise<void>)[] = [];

export async function stopAll(): Promise<void> {
	for (const stop of stops.splice(0).reverse()) await stop();
}

export async function redisWith(args: string[] = []): Promise<TestRedis> {
	const redis = await startRedis({ args });
	stops.push(() => redis.stop());
	return redis;
}

/** One process's store, as the runtime builds it. */
export async function guarded(
	redis: TestRedis | RedisConnectionOptions,
	outbox: Outbox,
	namespace = 'guarded',
	vigilanceMs = 0,
	settles = true,
	onCarriedOut: (carriedOut: CarriedOut) => void = () => {},
	pollMs = 100,
): Promise<GuardedStore> {
	const inner = new RedisStore({
		connection: 'client' in redis ? connectionTo(redis) : redis,
		namespace,
		firstLevelBytes: 1_000_000,
		maxEntryBytes: MAX_ENTRY_BYTES,
		maxTtl: 86_400,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
	});
	const store = new GuardedStore(new ResilientStore(inner, { failures: 1000 }), {
		outbox,
		onReady: (listener) => inner.onReady(listener),
		catchUp: () => inner.catchUp(),
		graceMs: 50,
		pollMs,
		vigilanceMs,
		onCarriedOut,
	});
	await inner.open();
	await expect.poll(async () => (await store.health()).hints).toBe('up');
	if (settles) await store.settled();
	stops.push(() => store.close());
	return store;
}

export async function put(store: Store, options: SampleOptions = {}): Promise<Entry> {
	const entry = sampleEntry(clock, options);
	expect(await commitTo(store, entry, true)).toBe('stored');
	await expect.poll(async () => (await store.lookup([lookupOf(entry)]))[0]?.state, { timeout: 8000 }).toBe('fresh');
	return entry;
}

/** Asks without pause until the store answers again; fails the test on any fresh answer. */
export async function neverFresh(store: Store, entry: Entry): Promise<void> {
	const until = performance.now() + 8000;
	for (let answered = 0; answered < 20;) {
		try {
			const [found] = await store.lookup([lookupOf(entry)]);
			expect(found?.state).not.toBe('fresh');
			answered++;
		} catch (error) {
			if (!(error instanceof StoreUnavailableError)) throw error;
			if (performance.now() > until) throw error;
			await new Promise(setImmediate);
		}
	}
}
