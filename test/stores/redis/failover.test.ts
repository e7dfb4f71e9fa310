import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { freeTag } from '../../../src/cache/tags/tags.ts';
import { lookupOf } from '../../contract/harness.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import type { TestRedis } from '../../support/redis.ts';
import { startCluster, type TestCluster } from '../../support/redis-cluster.ts';
import { guarded, neverFresh, put, stopAll } from '../decorators/support.ts';
import { newNamespace } from './support.ts';

let cluster: TestCluster;
beforeEach(async () => {
	cluster = await startCluster();
});
afterEach(async () => {
	await stopAll();
	await cluster.stop();
});

describe('a replica that lagged and takes the place of its master', { timeout: 40_000 }, () => {
	it.each<[string, (master: TestRedis, replica: TestRedis) => Promise<unknown>]>([
		['is gone', (master) => master.kill()],
		['stays, connections and all', (_, replica) => replica.client.cluster('FAILOVER', 'TAKEOVER')],
	])('gives nothing back that was invalidated, where that %s', async (_, change) => {
		const namespace = newNamespace();
		const master = await cluster.holderOf(`${namespace}:v2:token:{${freeTag('b')}}`);
		const numbering = await cluster.holderOf(`${namespace}:v2:{bus}:sequence`);
		expect(master, 'another than the one that numbers the revocations').not.toBe(numbering);
		const replica = await cluster.replicaOf(master);
		const connection = { cluster: cluster.addresses, connectTimeoutMs: 2000 };
		const store = await guarded(connection, new MemoryOutbox(), namespace);
		const entry = await put(store, { freeTags: ['b'] });
		await master.client.wait(1, 5000);
		await master.client.acl('SETUSER', 'default', '-psync', '-sync');
		await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica');
		await store.invalidate([freeTag('b')]);
		await change(master, replica);
		await neverFresh(store, entry);
		const again = await put(store, { freeTags: ['b'] });
		expect((await store.lookup([lookupOf(again)]))[0]?.state).toBe('fresh');
	});
});
