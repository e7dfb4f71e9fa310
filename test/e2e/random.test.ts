import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';

import { startRedis } from '../support/redis.ts';
import { randomFrom } from '../random/reference-model.ts';
import { RandomSite } from './support/random-site.ts';
import { serve } from './support/test-server.ts';

/** Set it to the printed number to have the same choices again; how they interleave is the machine's. */
const seed = Number(process.env['AI_CACHE_TEST_SEED'] ?? randomInt(2 ** 31));
const STEPS = 600;
const WORKERS = 6;

const stops: (() => unknown)[] = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

/** Not one answer that is older than the last acknowledged change of what it depends on. */
async function run(env: Record<string, string>, processes = 1): Promise<void> {
	console.info(`seed ${seed}`);
	// A machine that is busy with other things must not look like a store that is away.
	const { directus, emulator, stop } = await serve({ AI_CACHE_STORE_TIMEOUT: '10s', ...env }, { processes });
	stops.push(stop);
	emulator.setDelay(5);
	const site = new RandomSite(directus, emulator, randomFrom(seed));
	stops.push(() => site.close());
	try {
		await Promise.all(Array.from({ length: WORKERS }, () => site.run(STEPS / WORKERS)));
	} catch (error) {
		throw new Error(`AI_CACHE_TEST_SEED=${seed}`, { cause: error });
	}
	console.info(JSON.stringify(site.tally));
	const { answers, hits, updates, creations, deletions, purges, refused } = site.tally;
	expect(hits).toBeGreaterThan(answers / 10);
	expect(updates).toBeGreaterThan(STEPS / 20);
	expect(Math.min(creations, deletions, purges)).toBeGreaterThan(0);
	expect(refused).toBeLessThan(STEPS / 20);
}

describe('generations, edits and purges at random, through the API', () => {
	it('give no stale answer with the memory store', async () => {
		await run({ AI_CACHE_STORE: 'memory' });
	});

	it('give no stale answer in two processes on one Redis', async () => {
		const redis = await startRedis();
		stops.push(() => redis.stop());
		await run({ AI_CACHE_STORE: 'redis', AI_CACHE_REDIS: redis.url }, 2);
	});
});
