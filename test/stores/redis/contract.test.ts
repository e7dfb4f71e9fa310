import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../../contract/store.contract.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { redisHarness, withDocumentedRights } from './support.ts';

let redis: TestRedis;
beforeAll(async () => {
	redis = await withDocumentedRights(await startRedis());
});
afterAll(() => redis.stop());

describeStore('the Redis store', () => redisHarness(redis));
describeStore('the Redis store without a first level', () => redisHarness(redis, { firstLevelBytes: 0 }));
