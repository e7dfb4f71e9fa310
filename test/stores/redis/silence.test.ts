import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freeTag } from '../../../src/cache/dependencies.ts';
import type { RedisStoreOptions } from '../../../src/stores/redis/store.ts';
import { sampleEntry } from '../../contract/samples.ts';
import { lookupOf } from '../../contract/harness.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { newNamespace, openRedisStore } from './support.ts';

const SILENCE_MS = 400;
const clock = { now: () => Date.now() };

let redis: TestRedis;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

const storeAt = (port: number, silenceMs = SILENCE_MS, more: Partial<RedisStoreOptions> = {}) =>
	openRedisStore({
		connection: { url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 2000, silenceMs },
		namespace: newNamespace(),
		...more,
	});

describe('a connection that nothing comes over any more', () => {
	it('is made anew, and fails what waits for it, where it is that of the commands', async () => {
		const proxy = await startTcpProxy(redis.port);
		const store = await storeAt(proxy.port);
		proxy.holdUp('eval');
		await expect(store.lookup([lookupOf(sampleEntry(clock))])).rejects.toThrow();
		await expect.poll(async () => (await store.health()).connected, { timeout: 5000 }).toBe(true);
		await expect.poll(async () => (await store.health()).bus, { timeout: 5000 }).toBe('up');
		await store.close();
		await proxy.close();
	});

	it('is made anew where it is that of the bus, which is owed no reply', async () => {
		const proxy = await startTcpProxy(redis.port);
		const store = await storeAt(proxy.port);
		proxy.holdUp('subscribe');
		await expect.poll(async () => (await store.health()).bus, { interval: 20 }).toBe('down');
		await expect.poll(async () => (await store.health()).bus, { timeout: 8000 }).toBe('up');
		await store.close();
		await proxy.close();
	});

	it.each([
		['vouches for what it remembers', 1_000_000],
		['remembers nothing, which nobody waits for', 0],
	])('is known to have told a process of everything only once it has: one that %s', async (_, firstLevelBytes) => {
		const proxy = await startTcpProxy(redis.port);
		const namespace = newNamespace();
		const heard: string[] = [];
		const events = { revoked: (tags: readonly string[]) => heard.push(...tags) };
		const store = await storeAt(proxy.port, 60_000, { namespace, events, firstLevelBytes });
		const other = await storeAt(redis.port, 60_000, { namespace });
		expect(await store.hears()).toBe(true);
		proxy.holdUp('subscribe');
		await other.invalidate([freeTag('a')]);
		const known = store.hears().then((hears) => [hears, ...heard]);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(heard).toEqual([]);
		proxy.letGo();
		expect(await known).toEqual([true, freeTag('a')]);
		await Promise.all([store.close(), other.close()]);
		await proxy.close();
	});

	it('that is lost has not told of everything', async () => {
		const proxy = await startTcpProxy(redis.port);
		const store = await storeAt(proxy.port);
		proxy.holdUp('subscribe');
		await expect.poll(() => store.hears(), { interval: 0 }).toBe(false);
		await expect.poll(() => store.hears(), { timeout: 8000 }).toBe(true);
		await store.close();
		await proxy.close();
	});

	it('has no more than a few heartbeats waiting for it', async () => {
		const proxy = await startTcpProxy(redis.port);
		const store = await storeAt(proxy.port, 60_000);
		proxy.holdUp('eval');
		await new Promise((resolve) => setTimeout(resolve, 1500));
		proxy.letGo();
		await expect.poll(async () => (await store.health()).bus, { interval: 10 }).toBe('up');
		const beats = proxy.timesSent(':processes');
		expect(beats).toBeGreaterThan(0);
		expect(beats).toBeLessThan(12);
		await store.close();
		await proxy.close();
	});
});
