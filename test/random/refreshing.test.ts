import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startRedis, type TestRedis } from '../support/redis.ts';
import { startArticles } from '../services/support/articles.ts';
import { redisHarness } from '../stores/redis/support.ts';
import { RefreshingSite } from './refreshing.ts';
import { randomFrom } from './reference-model.ts';

/** Set it to the printed number to have the same run again, as far as the network lets it be the same. */
const seed = Number(process.env['AI_CACHE_TEST_SEED'] ?? randomInt(2 ** 31));
const WORKERS = 6;
const ENVIRONMENT = { AI_CACHE_ON_INVALIDATE: 'refresh', AI_CACHE_REFRESH_BUDGET: '1000000' };

/** Not one answer from before an acknowledged change, but to who takes it, and then from no longer ago than they say. */
async function runSite(site: RefreshingSite, steps: number): Promise<void> {
	console.info(`seed ${seed}`);
	try {
		await Promise.all(Array.from({ length: WORKERS }, () => site.run(steps / WORKERS)));
	} catch (error) {
		throw new Error(`AI_CACHE_TEST_SEED=${seed}`, { cause: error });
	}
	const { answers, hits, stale, saves, wipes } = site.tally;
	console.info(JSON.stringify({ ...site.tally, refreshed: await site.refreshed() }));
	expect(hits).toBeGreaterThan(answers / 20);
	expect(saves).toBeGreaterThan(steps / 20);
	expect(Math.min(stale, wipes, await site.refreshed())).toBeGreaterThan(0);
}

describe('generations, changes, purges and refreshes at random', () => {
	it('give nothing stale that is not said to be, in one process', async () => {
		await runSite(new RefreshingSite([startArticles(ENVIRONMENT)], randomFrom(seed)), 12_000);
	}, 60_000);

	describe('on one Redis', () => {
		let redis: TestRedis;
		beforeAll(async () => {
			redis = await startRedis();
		});
		afterAll(() => redis.stop());

		it('give nothing stale that is not said to be, in two processes', async () => {
			const { clock, store, other, stop } = await redisHarness(redis);
			const titles = new Map<string, string>();
			const processes = [store, other].map((each) => startArticles(ENVIRONMENT, { clock, store: each, titles }));
			await runSite(new RefreshingSite(processes, randomFrom(seed)), 3000);
			await stop();
		}, 120_000);
	});
});
