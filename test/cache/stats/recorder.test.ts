import { describe, expect, it, vi } from 'vitest';

import { bucketStart } from '../../../src/cache/stats/buckets.ts';
import { type Identity, MAX_RECORD_BYTES, StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import { lookupOf, putItem, startEngine } from '../support/engine.ts';

const articles: Identity = { provider: 'openai', model: 'gpt-4o', collection: 'articles' };

function setUp() {
	const { store, clock, cache } = startEngine();
	const recorder = new StatsRecorder(store, clock);
	const since = clock.now();
	const rows = async () => (await store.readStats('minute', since, clock.now() + 1)).flatMap((bucket) => bucket.rows);
	return { store, clock, cache, recorder, rows, since };
}

describe('the recorder', () => {
	it('keeps what it counts to itself until it is flushed, then adds it up by provider, model and collection', async () => {
		const { recorder, rows } = setUp();
		recorder.count(articles, { hits: 1, saved_usd: 0.25 });
		recorder.count(articles, { hits: 1, saved_usd: 0.5 });
		recorder.count({ ...articles, collection: null }, { misses: 1 });
		expect(await rows()).toEqual([]);
		await recorder.flush();
		await recorder.flush();
		expect(await rows()).toEqual([
			{ provider: 'openai', model: 'gpt-4o', collection: 'articles', deltas: { hits: 2, saved_usd: 0.75 } },
			{ provider: 'openai', model: 'gpt-4o', collection: '', deltas: { misses: 1 } },
		]);
	});

	it('keeps for the next time what could not be written, together with what came since', async () => {
		const { recorder, rows, store } = setUp();
		vi.spyOn(store, 'addStats').mockRejectedValueOnce(new Error('ECONNRESET'));
		recorder.count(articles, { hits: 2 });
		await recorder.flush();
		recorder.count(articles, { hits: 3 });
		await recorder.flush();
		expect(await rows()).toMatchObject([{ deltas: { hits: 5 } }]);
	});

	it('writes under the time of the flush', async () => {
		const { recorder, clock, store, since } = setUp();
		recorder.count(articles, { hits: 1 });
		clock.advanceSeconds(90);
		await recorder.flush();
		const [bucket] = await store.readStats('minute', since, clock.now() + 1);
		expect(bucket?.at).toBe(bucketStart('minute', clock.now()));
	});

	it('adds hits to their entries, and requests to what is asked most', async () => {
		const { recorder, store, cache } = setUp();
		await cache.put([putItem('a', 'one')]);
		recorder.requested('a', Buffer.from('how to ask'));
		recorder.requested('a', null);
		recorder.requested('b', null);
		recorder.hit(lookupOf('a').key);
		await recorder.flush();
		expect((await store.read('a'))?.hits).toBe(1);
		expect(await store.topRequested(10)).toEqual([
			{ key: 'a', count: 2, record: Buffer.from('how to ask') },
			{ key: 'b', count: 1, record: null },
		]);
	});

	it('counts a request whose record is too long, and keeps the records that wait within bounds', async () => {
		const { recorder, store } = setUp();
		recorder.requested('long', Buffer.alloc(MAX_RECORD_BYTES + 1));
		for (let index = 0; index < 300; index++) recorder.requested(`r${index}`, Buffer.alloc(MAX_RECORD_BYTES));
		const written = vi.spyOn(store, 'addRequested');
		await recorder.flush();
		const requested = written.mock.calls[0]![0];
		expect(requested.size).toBe(301);
		expect(requested.get('long')).toEqual({ count: 1, record: null });
		const bytes = [...requested.values()].reduce((sum, { record }) => sum + (record?.length ?? 0), 0);
		expect(bytes).toBeGreaterThan(0);
		expect(bytes).toBeLessThanOrEqual(8 * 2 ** 20);
	});

	it('gives an entry no hits of the one that stood in its place', async () => {
		const { recorder, store, cache } = setUp();
		await cache.put([putItem('a', 'one')]);
		recorder.hit('a');
		recorder.replaced('a');
		recorder.hit('a');
		recorder.hit('a');
		await recorder.flush();
		expect((await store.read('a'))?.hits).toBe(2);
	});

	it('writes the rest when it stops', async () => {
		const { recorder, rows } = setUp();
		recorder.start();
		recorder.count(articles, { hits: 1 });
		await recorder.stop();
		expect(await rows()).toMatchObject([{ deltas: { hits: 1 } }]);
	});
});
