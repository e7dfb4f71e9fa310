import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Identity, StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import { ResilientStore } from '../../../src/stores/decorators/circuit-breaker-store.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectionTo, newNamespace, openRedisStore } from './support.ts';

const articles: Identity = { provider: 'openai', model: 'gpt-4o', collection: 'articles' };
const clock = { now: () => Date.now() };

let redis: TestRedis;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a journal of no rows', () => {
	it('keeps none', async () => {
		const store = await openRedisStore({
			connection: connectionTo(redis),
			namespace: newNamespace(),
			journalRows: 0,
		});
		const row = { id: 'r1', at: '', event: null, user: null, criteria: {}, entries: 2, note: null };
		for (let time = 0; time < 3; time++) await store.appendJournal({ ...row, cause: 'purge' });
		expect(await store.readJournal(100, null)).toEqual([]);
		expect((await store.readTotals()).invalidations).toEqual({ purge: { rows: 3, entries: 6 } });
		await store.close();
	});
});

describe('figures that are written while Redis hangs', () => {
	it('are counted once when it goes on, though their first writing was given up', async () => {
		const inner = await openRedisStore({ connection: connectionTo(redis), namespace: newNamespace() });
		const recorder = new StatsRecorder(new ResilientStore(inner, { administrationTimeoutMs: 300 }), clock);
		recorder.count(articles, { hits: 1, saved_usd: 0.5 });
		await recorder.flush();
		redis.freeze();
		recorder.count(articles, { hits: 100, saved_usd: 25 });
		await recorder.flush();
		recorder.count(articles, { hits: 10, saved_usd: 2 });
		await recorder.flush();
		redis.thaw();
		await expect.poll(async () => (await inner.health()).connected, { timeout: 5000 }).toBe(true);
		await recorder.flush();
		await recorder.flush();
		const written = { deltas: { hits: 111, saved_usd: 27.5 } };
		expect((await inner.readTotals()).rows).toMatchObject([written]);
		const days = await inner.readStats('day', Date.now() - 86_400_000, Date.now() + 1);
		expect(days.flatMap(({ rows }) => rows)).toMatchObject([written]);
		await inner.close();
	});
});
