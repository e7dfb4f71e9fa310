import { afterAll, beforeAll, expect, it } from 'vitest';

import { freeTag } from '../../../src/cache/dependencies.ts';
import { lookupOf } from '../../contract/harness.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import { startCluster, type TestCluster } from '../../support/redis-cluster.ts';
import { guarded, neverFresh, put, stopAll } from '../guarded-support.ts';
import { newNamespace } from './support.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(async () => {
	await stopAll();
	await cluster.stop();
});

it("nothing that was invalidated comes back with a replica that lagged and takes its master's place", async () => {
	const namespace = newNamespace();
	const master = await cluster.holderOf(`${namespace}:v1:token:{${freeTag('b')}}`);
	expect(master, 'the node that numbers the revocations').not.toBe(
		await cluster.holderOf(`${namespace}:v1:{bus}:sequence`),
	);
	await cluster.replicaOf(master);
	const connection = { cluster: cluster.addresses, connectTimeoutMs: 2000 };
	const store = await guarded(connection, new MemoryOutbox(), namespace);
	const entry = await put(store, { freeTags: ['b'] });
	await master.client.wait(1, 5000);
	await master.client.acl('SETUSER', 'default', '-psync', '-sync');
	await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica');
	await store.invalidate([freeTag('b')]);
	await master.kill();
	await neverFresh(store, entry);
	const again = await put(store, { freeTags: ['b'] });
	expect(store.peek(lookupOf(again))).toBeDefined();
}, 40_000);
