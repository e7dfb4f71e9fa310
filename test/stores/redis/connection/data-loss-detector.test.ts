import { afterEach, describe, expect, it } from 'vitest';

import { CALLERS_TAG, freeTag } from '../../../../src/cache/tags/tags.ts';
import type { RedisStore } from '../../../../src/stores/redis/redis-store.ts';
import { answers, commitTo, lookupOf } from '../../../contract/harness.ts';
import { sampleEntry } from '../../../contract/fixtures.ts';
import { MemoryOutbox } from '../../../support/memory-outbox.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { startTcpProxy } from '../../../support/tcp-proxy.ts';
import { guarded, put, stopAll } from '../../decorators/support.ts';
import { connectionTo, newNamespace, openRedisStore } from '../support.ts';

const clock = { now: () => Date.now() };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	await stopAll();
	for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(): Promise<TestRedis> {
	const redis = await startRedis();
	stops.push(() => redis.stop());
	return redis;
}

async function open(connection: Parameters<typeof openRedisStore>[0]['connection']): Promise<RedisStore> {
	const store = await openRedisStore({ connection, namespace: newNamespace(), clock });
	stops.push(() => store.close());
	await store.catchUp();
	return store;
}

describe('a master that becomes a replica while its connections stay', () => {
	it('is not read from, and everything is invalidated once it is a master again', async () => {
		const [redis, next] = [await start(), await start()];
		const store = await guarded(redis, new MemoryOutbox());
		const entry = await put(store, { freeTags: ['a'] });
		await redis.client.replicaof('127.0.0.1', next.port);
		for (let round = 0; round < 20; round++) await expect(store.lookup([lookupOf(entry)])).rejects.toThrow();
		await redis.client.replicaof('NO', 'ONE');
		await expect
			.poll(async () => (await store.lookup([lookupOf(entry)]).catch(() => ['away']))[0], { timeout: 8000 })
			.not.toBe('away');
		expect((await store.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
	});

	it('is not read from either by a user who may not ask for the role', async () => {
		const [redis, next] = [await start(), await start()];
		await redis.client.acl('SETUSER', 'plain', 'on', '>pw', '~*', '&*', '+@all', '-role');
		const store = await open({ url: `redis://plain:pw@127.0.0.1:${redis.port}`, connectTimeoutMs: 2000 });
		const entry = sampleEntry(clock);
		await commitTo(store, entry, true);
		expect(await answers(store, entry)).toBe(true);
		await redis.client.replicaof('127.0.0.1', next.port);
		await new Promise((resolve) => setTimeout(resolve, 300));
		await expect(store.lookup([lookupOf(entry)])).rejects.toThrow();
	});
});

describe('a Redis whose number of the last invalidation is smaller than one that was seen', () => {
	it('has lost invalidations: nothing is answered until everything was invalidated, callers included', async () => {
		const redis = await start();
		const store = await guarded(redis, new MemoryOutbox());
		const entry = await put(store, { freeTags: ['a'] });
		await store.invalidate([freeTag('b')]);
		await store.versions([CALLERS_TAG]);
		const [callers] = await store.versions([CALLERS_TAG]);
		await redis.client.set('guarded:v2:{bus}:sequence', 0);
		await expect(store.lookup([lookupOf(entry)])).rejects.toThrow();
		await store.settled();
		expect((await store.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
		expect(callers).toEqual(expect.any(String));
		expect((await store.versions([CALLERS_TAG]))[0]).not.toBe(callers);
		expect(Number(await redis.client.get('guarded:v2:{bus}:sequence'))).toBeGreaterThan(0);
	});
});

describe('the version of a tag that nothing has', () => {
	it('is made by whoever finds none, is the same for all, and changes with an invalidation', async () => {
		const redis = await start();
		const namespace = newNamespace();
		const [one, other] = [
			await openRedisStore({ connection: connectionTo(redis), namespace, clock }),
			await openRedisStore({ connection: connectionTo(redis), namespace, clock }),
		];
		stops.push(
			() => one.close(),
			() => other.close(),
		);
		expect(await Promise.all([one.versions([CALLERS_TAG]), one.versions([CALLERS_TAG])])).toEqual([[null], [null]]);
		const [version] = await one.versions([CALLERS_TAG]);
		expect(version).toEqual(expect.any(String));
		expect(await other.versions([CALLERS_TAG])).toEqual([version]);
		await other.invalidate([CALLERS_TAG]);
		expect((await one.versions([CALLERS_TAG]))[0]).not.toBe(version);
	});
});

describe('a reservation whose release failed because the connection broke', () => {
	it('is released with the next connection, so that others go on', async () => {
		const redis = await start();
		const proxy = await startTcpProxy(redis.port);
		const namespace = newNamespace();
		const connection = connectionTo({ url: `redis://127.0.0.1:${proxy.port}` });
		const [leader, other] = [
			await openRedisStore({ connection, namespace, clock }),
			await openRedisStore({ connection: connectionTo(redis), namespace, clock }),
		];
		stops.push(
			() => proxy.close(),
			() => leader.close(),
			() => other.close(),
		);
		const entry = sampleEntry(clock);
		const begin = { ...lookupOf(entry), force: false, leaseMs: 60_000 };
		const reservation = await leader.begin({ ...begin, owner: 'owner-000001' });
		proxy.swallow();
		const committed = leader.commit([{ reservation: reservation!, entry }]);
		const failed = expect(committed).rejects.toThrow();
		await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal');
		await failed;
		const again = (): Promise<unknown> => other.begin({ ...begin, owner: 'owner-000002' }).catch(() => null);
		await expect.poll(again, { timeout: 1000 }).not.toBeNull();
	});
});
