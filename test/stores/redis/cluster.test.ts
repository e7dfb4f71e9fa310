import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../../contract/store.contract.ts';
import { startCluster, type TestCluster } from '../../support/redis-cluster.ts';
import { storesAt } from './support.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster();
});
afterAll(() => cluster.stop());

describeStore('the Redis store on a cluster', () => storesAt({ cluster: cluster.addresses, connectTimeoutMs: 2000 }));
