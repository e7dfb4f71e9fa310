import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freeTag } from '../../../src/cache/dependencies.ts';
import type { Lookup } from '../../../src/cache/store.ts';
import type { RedisStore } from '../../../src/stores/redis/store.ts';
import { lookupOf, put } from '../../contract/harness.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { connectionTo, openRedisStore, redisHarness } from './support.ts';

const REST_AFTER_MS = 200;
const BEATS_BEFORE_REST_MS = 2 * REST_AFTER_MS;

let redis: TestRedis;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

async function scriptsWithin(milliseconds: number): Promise<number> {
	const calls = async (): Promise<number> => {
		const stats = await redis.client.info('commandstats');
		return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
	};
	const before = await calls();
	await wait(milliseconds);
	return (await calls()) - before;
}

async function untilRemembered(store: RedisStore, lookup: Lookup): Promise<void> {
	await expect
		.poll(async () => {
			await store.lookup([lookup]);
			return store.peek(lookup);
		})
		.toBeDefined();
}

describe('a process that nobody has asked for a while', () => {
	it('sends Redis next to nothing, is up, and knows at once whether it hears the others', async () => {
		const harness = await redisHarness(redis, { restAfterMs: REST_AFTER_MS });
		await wait(BEATS_BEFORE_REST_MS);
		expect(await scriptsWithin(1000)).toBeLessThanOrEqual(2);
		expect((await harness.store.health()).bus).toBe('up');
		expect(await harness.store.hears()).toBe(true);
		await harness.stop();
	});

	it('answers from Redis first and from its memory soon after, and nothing that was invalidated while it rested', async () => {
		const harness = await redisHarness(redis, { restAfterMs: REST_AFTER_MS });
		const { store, other } = harness;
		const [kept, dropped] = [await put(harness, { freeTags: ['kept'] }), await put(harness, { freeTags: ['dropped'] })];
		for (const entry of [kept, dropped]) {
			await untilRemembered(store, lookupOf(entry));
		}
		await wait(BEATS_BEFORE_REST_MS + 300);
		await other.invalidate([freeTag('dropped')]);
		expect([store.peek(lookupOf(kept)), store.peek(lookupOf(dropped))]).toEqual([undefined, undefined]);
		const [first, second] = await store.lookup([lookupOf(kept), lookupOf(dropped)]);
		expect([first?.state, second?.state]).toEqual(['fresh', 'invalidated']);
		await untilRemembered(store, lookupOf(kept));
		expect(store.peek(lookupOf(dropped))).toBeUndefined();
		await harness.stop();
	});

	it('trusts nothing of its own when it is asked again and its connection died without a word meanwhile', async () => {
		const proxy = await startTcpProxy(redis.port);
		const harness = await redisHarness(redis);
		const resting = await openRedisStore({
			connection: { ...connectionTo({ url: `redis://127.0.0.1:${proxy.port}` }), silenceMs: 60_000 },
			namespace: harness.namespace,
			clock: harness.clock,
			restAfterMs: REST_AFTER_MS,
		});
		const entry = await put(harness, { freeTags: ['dropped'] });
		await untilRemembered(resting, lookupOf(entry));
		await wait(BEATS_BEFORE_REST_MS + 300);
		proxy.holdUp('subscribe');
		await harness.store.invalidate([freeTag('dropped')]);
		for (let round = 0; round < 100; round++) {
			expect(resting.peek(lookupOf(entry))).toBeUndefined();
			expect((await resting.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
			await wait(5);
		}
		await Promise.all([resting.close(), harness.stop()]);
		await proxy.close();
	});
});
