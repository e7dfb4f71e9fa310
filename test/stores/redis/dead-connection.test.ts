import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sampleEntry } from '../../contract/fixtures.ts';
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

const storeAt = (port: number, silenceMs = SILENCE_MS) =>
	openRedisStore({
		connection: { url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 2000, silenceMs },
		namespace: newNamespace(),
	});

describe('a connection that nothing comes over any more', () => {
	it('is made anew, and fails what waits for it, where it is that of the commands', async () => {
		const proxy = await startTcpProxy(redis.port);
		const store = await storeAt(proxy.port);
		await store.lookup([lookupOf(sampleEntry(clock))]);
		proxy.holdUp('mget');
		await expect(store.lookup([lookupOf(sampleEntry(clock))])).rejects.toThrow();
		await expect.poll(async () => (await store.health()).connected, { timeout: 5000 }).toBe(true);
		await expect.poll(async () => (await store.health()).hints, { timeout: 5000 }).toBe('up');
		await store.close();
		await proxy.close();
	});
});
