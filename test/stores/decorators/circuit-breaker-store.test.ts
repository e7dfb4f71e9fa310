import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freeTag } from '../../../src/cache/tags/tags.ts';
import { StoreUnavailableError } from '../../../src/cache/errors.ts';
import { newId } from '../../../src/cache/ids.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import type { RedisStore } from '../../../src/stores/redis/redis-store.ts';
import { ResilientStore } from '../../../src/stores/decorators/circuit-breaker-store.ts';
import {
	JOURNAL_ROWS,
	lookupOf,
	MAX_ENTRY_BYTES,
	put,
	STALE_SECONDS,
	type StoreHarness,
} from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { describeStore } from '../../contract/store.contract.ts';
import { fakeClock } from '../../support/clock.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { redisHarness } from '../redis/support.ts';

const LIMITS = { requestTimeoutMs: 60, administrationTimeoutMs: 120, bulkTimeoutMs: 180, retryAfterMs: 150 };
const TIMED_OUT = /no answer within/;

let redis: TestRedis;
let harness: StoreHarness & { store: RedisStore };
let store: ResilientStore;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
	harness = await redisHarness(redis);
	store = new ResilientStore(harness.store, LIMITS);
});
afterEach(async () => {
	redis.thaw();
	await harness.stop();
});

async function durationOf(call: Promise<unknown>): Promise<number> {
	const started = performance.now();
	await call.catch(() => {});
	return performance.now() - started;
}

describe('a store that hangs', () => {
	it('holds up no call for longer than its time', async () => {
		const lookup = lookupOf(sampleEntry(harness.clock));
		redis.freeze();
		const calls: [string, () => Promise<unknown>][] = [
			['lookup', () => store.lookup([lookup])],
			['begin', () => store.begin({ ...lookup, owner: newId(), force: false, leaseMs: 1000 })],
			['invalidate', () => store.invalidate([freeTag('a')])],
			['matching', () => store.invalidateMatching([[freeTag('a')]])],
			['journal', () => store.readJournal(1, null)],
		];
		for (const [name, call] of calls) {
			const outcome = expect(call(), name);
			await outcome.rejects.toThrow(TIMED_OUT);
		}
		expect(await durationOf(store.lookup([lookup]))).toBeLessThan(LIMITS.requestTimeoutMs + 100);
	});

	it('is left alone after five failures in a row, and tried again with one call', async () => {
		const lookup = lookupOf(await put(harness));
		// Only what Redis itself is asked for can fail.
		await harness.store.removeKeys([lookup.key]);
		redis.freeze();
		for (let failure = 0; failure < 5; failure++) {
			expect(store.state).toBe('closed');
			await expect(store.lookup([lookup])).rejects.toBeInstanceOf(StoreUnavailableError);
		}
		expect(store.state).toBe('open');
		expect(await durationOf(store.lookup([lookup]))).toBeLessThan(20);
		await expect(store.lookup([lookup])).rejects.toBeInstanceOf(StoreUnavailableError);
		redis.thaw();
		await expect.poll(() => store.lookup([lookup]).catch(() => 'failed')).toEqual([undefined]);
		expect(store.state).toBe('closed');
	});

	it('leaves no reservation behind whose caller has given up', async () => {
		const entry = sampleEntry(harness.clock);
		redis.freeze();
		const begin = { ...lookupOf(entry), force: false, leaseMs: 60_000 };
		await expect(store.begin({ ...begin, owner: newId() })).rejects.toBeInstanceOf(StoreUnavailableError);
		await expect(store.beginMany([lookupOf(sampleEntry(harness.clock))], newId, 60_000)).rejects.toThrow();
		redis.thaw();
		await expect.poll(() => harness.other.begin({ ...begin, owner: newId() })).not.toBeNull();
	});

	it('does not count administration among the failures', async () => {
		redis.freeze();
		await Promise.allSettled(Array.from({ length: 8 }, () => store.readJournal(1, null)));
		expect(store.state).toBe('closed');
	});
});

describe('a store that is gone', () => {
	it('fails every call as unavailable, says so in its health, and comes back', async () => {
		const entry = await put(harness);
		await redis.kill();
		await expect.poll(() => store.health()).toMatchObject({ connected: false, latencyMs: null, hints: 'down' });
		await expect(store.lookup([lookupOf(entry)])).rejects.toBeInstanceOf(StoreUnavailableError);
		await expect(store.invalidate([freeTag('a')])).rejects.toBeInstanceOf(StoreUnavailableError);
		await redis.restart();
		await expect
			.poll(() => store.lookup([lookupOf(entry)]).catch(() => 'failed'), { timeout: 5000 })
			.toEqual([undefined]);
		expect(await store.health()).toMatchObject({ connected: true });
	});
});

describeStore('a store that works, wrapped', () => {
	const clock = fakeClock();
	const inner = new MemoryStore({
		maxBytes: 10_000_000,
		maxEntryBytes: MAX_ENTRY_BYTES,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
		clock,
	});
	const wrapped = new ResilientStore(inner);
	return Promise.resolve({
		store: wrapped,
		other: wrapped,
		clock,
		undecodable: [],
		pass: async (ms) => clock.advance(ms),
		stop: () => wrapped.close(),
	});
});
