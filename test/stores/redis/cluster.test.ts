import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeTag } from '../../../src/cache/tags/tags.ts';
import { lookupOf } from '../../contract/harness.ts';
import { describeStore } from '../../contract/store.contract.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import { startCluster, type TestCluster } from '../../support/redis-cluster.ts';
import type { TestRedis } from '../../support/redis.ts';
import { guarded, neverFresh, put, stopAll } from '../decorators/support.ts';
import { newNamespace, storesAt } from './support.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster.stop());

describeStore('the Redis store on a cluster', () => storesAt({ cluster: cluster.addresses, connectTimeoutMs: 2000 }));

describe('a node of a cluster that comes back from an older snapshot', () => {
	afterAll(stopAll);

	/** A tag whose token is not on the node that numbers the revocations, and its node. */
	async function tagApart(namespace: string): Promise<{ tag: string; node: TestRedis }> {
		const numbering = await cluster.holderOf(`${namespace}:v2:{bus}:sequence`);
		for (let count = 0; ; count++) {
			const node = await cluster.holderOf(`${namespace}:v2:token:{${freeTag(`tag${count}`)}}`);
			if (node !== numbering) return { tag: `tag${count}`, node };
		}
	}

	it('gives nothing back that was invalidated since', async () => {
		const namespace = newNamespace();
		const { tag, node } = await tagApart(namespace);
		const connection = { cluster: cluster.addresses, connectTimeoutMs: 2000 };
		const store = await guarded(connection, new MemoryOutbox(), namespace);
		const entry = await put(store, { freeTags: [tag] });
		await node.client.save();
		await store.invalidate([freeTag(tag)]);
		await node.kill();
		const asked = neverFresh(store, entry);
		await node.restart();
		await asked;
		const again = await put(store, { freeTags: [tag] });
		expect((await store.lookup([lookupOf(again)]))[0]?.state).toBe('fresh');
	});
});

describe('a connection to a node of a cluster that breaks', () => {
	afterAll(stopAll);

	it('costs no answer: the node is the same as before', async () => {
		const namespace = newNamespace();
		const connection = { cluster: cluster.addresses, connectTimeoutMs: 2000 };
		const store = await guarded(connection, new MemoryOutbox(), namespace);
		const entry = await put(store);
		for (const node of cluster.nodes) {
			await node.client.call('CLIENT', 'KILL', 'TYPE', 'normal');
			await expect
				.poll(() => store.settled().then(() => store.lookup([lookupOf(entry)])))
				.toMatchObject([{ state: 'fresh' }]);
		}
	});
});
