import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { PROVIDERS } from '../../../src/shared/api-types.ts';
import { noCounts, toFigures } from '../../../src/cache/stats/aggregate.ts';
import { InvalidRequestError } from '../../../src/services/errors/errors.ts';
import { putItem, TTL } from '../../cache/support/engine.ts';
import { type Reporting, startReporting } from '../support/reporting.ts';

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

let cache: Reporting;
beforeEach(() => {
	cache = startReporting({ AI_CACHE_OPENAI_API_KEY: 'sk-test' });
	// Periods are counted in whole buckets; one that has just begun is not in what ends here.
	cache.clock.advanceSeconds(30);
});

/** So many misses for the model, each its own question, counted as of now. */
async function asked(times: number, model = 'gpt-4o', collection: string | null = null): Promise<void> {
	for (let time = 0; time < times; time++) {
		const key = `openai:${model}:${collection}-${cache.clock.now()}-${time}`;
		await cache.fill('An answer', { model, collection, key });
	}
	// Counts under the time at which it writes.
	await cache.recorder.flush();
}

describe('the statistics', () => {
	it('are of the last 24 hours, what this process counted a moment ago included', async () => {
		await asked(5);
		cache.clock.advanceSeconds(2 * DAY_S);
		await asked(2);
		const { overall, from, to } = await cache.reports.stats({});
		expect(overall).toMatchObject({ lookups: 2, misses: 2, stored: 2, hit_rate: 0 });
		expect([from, to]).toEqual(['2026-01-02T00:00:30.000Z', '2026-01-03T00:00:30.000Z']);
	});

	it('do not wait for a store that takes its time to write what this process counted', async () => {
		await cache.fill('An answer');
		cache.store.addStats = () => new Promise(() => {});
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
		onTestFinished(() => void vi.useRealTimers());
		const asking = cache.reports.stats({});
		await vi.advanceTimersByTimeAsync(1500);
		expect((await asking).overall).toMatchObject({ entries: 1, misses: 0 });
	});

	it('are of the asked period, beside the same length of time before it, with nothing in both', async () => {
		await asked(1);
		cache.clock.advanceSeconds(HOUR_S);
		await asked(2);
		cache.clock.advanceSeconds(HOUR_S);
		await asked(4);
		const { overall, previous } = await cache.reports.stats({
			from: Date.UTC(2026, 0, 1, 1),
			to: Date.UTC(2026, 0, 1, 2),
		});
		expect([previous.misses, overall.misses]).toEqual([1, 2]);
	});

	it('count a stale answer as answered, one past the cache not at all, and all that was saved', async () => {
		await cache.fill('An answer');
		await cache.ask();
		cache.clock.advanceSeconds(TTL + 1);
		const stale = cache.ask({ staleWhileRevalidate: 600 });
		(await cache.upstream.call(2)).answer();
		await stale;
		await cache.fill('past the cache', { mode: 'no-store' });
		const { overall } = await cache.reports.stats({});
		expect(overall).toMatchObject({ lookups: 3, hits: 1, stale: 1, misses: 1, bypassed: 1 });
		expect(overall.hit_rate).toBeCloseTo(2 / 3);
		expect(overall.saved).toEqual({ usd: 1, tokens: 30, ms: 1600 });
		expect(overall.spent.usd).toBe(1.5);
	});

	it('count a failed generation as an error alone, for which nothing was spent', async () => {
		const asking = cache.ask();
		(await cache.upstream.call(1)).fail(new Error('overloaded'));
		await expect(asking).rejects.toThrow('overloaded');
		const { overall } = await cache.reports.stats({});
		expect(overall).toMatchObject({ lookups: 0, errors: 1, stored: 0, spent: { usd: 0, tokens: 0, ms: 0 } });
	});

	it('always name all four providers, and which of them have a key', async () => {
		const { providers } = await cache.reports.stats({});
		expect(Object.keys(providers)).toEqual([...PROVIDERS]);
		const nothing = { ...toFigures(noCounts()), entries: 0, models: {} };
		expect(providers.mistral).toEqual({ ...nothing, has_key: false });
		expect(providers.openai).toEqual({ ...nothing, has_key: true });
	});

	it('add models up to their provider, and providers to the whole', async () => {
		await asked(2, 'gpt-4o');
		await asked(3, 'gpt-4o-mini');
		const { providers, overall } = await cache.reports.stats({});
		const { models, ...openai } = providers.openai;
		expect([models['gpt-4o']?.misses, models['gpt-4o-mini']?.misses, openai.misses, overall.misses]).toEqual([
			2, 3, 5, 5,
		]);
		expect([models['gpt-4o']?.entries, models['gpt-4o-mini']?.entries, openai.entries, overall.entries]).toEqual([
			2, 3, 5, 5,
		]);
		expect(overall.bytes).toBe(await cache.store.bytesHeld());
	});

	it('leave expired and dropped entries out of what is held', async () => {
		await cache.fill('soon gone', { key: 'one' });
		await cache.fill('dropped', { key: 'two', collection: null, model: 'gpt-4o-mini' }, { ttl: 1000 });
		await cache.fill('kept', { key: 'three' }, { ttl: 1000 });
		cache.clock.advanceSeconds(TTL + 1);
		await cache.invalidator.purge({ provider: 'openai', model: 'gpt-4o-mini' }, { cause: 'purge' });
		expect((await cache.reports.stats({})).overall.entries).toBe(1);
	});
});

describe('with criteria, the statistics', () => {
	beforeEach(async () => {
		await asked(1, 'gpt-4o', 'articles');
		await asked(2, 'gpt-4o', 'pages');
		await asked(4, 'gpt-4o-mini', 'articles');
	});

	it.each([
		[{ model: 'gpt-4o' }, 3],
		[{ provider: 'openai' as const, model: 'gpt-4o' }, 3],
		[{ collection: 'articles' }, 5],
		[{ model: 'gpt-4o', collection: 'articles' }, 1],
		[{ provider: 'mistral' as const }, 0],
	])('of %j count what meets all of them', async (criteria, misses) => {
		const { overall, providers } = await cache.reports.stats(criteria);
		expect(overall.misses).toBe(misses);
		expect(providers.openai.misses).toBe(misses);
	});

	it('count the entries that depend on the collection and are of the model', async () => {
		const content = (collection: string) => ({ content: [{ collection }], tags: [] });
		await cache.cache.put([
			putItem('one', '1', { dependencies: content('articles') }),
			putItem('two', '2', { dependencies: content('pages') }),
			putItem('three', '3', {
				dependencies: content('articles'),
				identity: { provider: 'mistral', model: 'mistral-large', collection: null },
			}),
		]);
		const entriesOf = async (criteria: object) => (await cache.reports.stats(criteria)).overall.entries;
		expect(await entriesOf({ collection: 'articles' })).toBe(2);
		expect(await entriesOf({ collection: 'articles', provider: 'mistral' })).toBe(1);
		expect(await entriesOf({ provider: 'mistral' })).toBe(1);
	});
});

describe('models', () => {
	it('have their version and snapshot, and when that changed', async () => {
		await cache.models.observe('openai', 'gpt-4o', 'gpt-4o-2024-08-06', null);
		cache.clock.advanceSeconds(HOUR_S);
		await cache.models.observe('openai', 'gpt-4o', 'gpt-4o-2024-11-20', null);
		const known = async () => (await cache.reports.stats({})).providers.openai.models['gpt-4o'];
		expect(await known()).toMatchObject({ version: 1, snapshot_changed_at: '2026-01-01T01:00:30.000Z' });
		await cache.invalidator.raiseVersion(cache.models, 'openai', 'gpt-4o', { cause: 'version' });
		expect(await known()).toMatchObject({
			version: 2,
			snapshot: 'gpt-4o-2024-11-20',
			snapshot_changed_at: null,
			lookups: 0,
		});
	});

	it('of which nothing is known are at version 1', async () => {
		await asked(1, 'some-model');
		const { models } = (await cache.reports.stats({})).providers.openai;
		expect(models['some-model']).toMatchObject({ version: 1, snapshot: null, snapshot_changed_at: null });
	});

	it('that nobody asked for are left out where one model or collection is asked for', async () => {
		await cache.models.observe('openai', 'o3', 'o3-2025-04-16', null);
		await asked(1, 'gpt-4o');
		const namesFor = async (criteria: object) =>
			Object.keys((await cache.reports.stats(criteria)).providers.openai.models);
		expect(await namesFor({})).toEqual(['gpt-4o', 'o3']);
		expect(await namesFor({ model: 'gpt-4o' })).toEqual(['gpt-4o']);
		expect(await namesFor({ collection: 'articles' })).toEqual([]);
	});
});

describe('collections', () => {
	it('stand there with their lookups, or for their last invalidation alone', async () => {
		await asked(2, 'gpt-4o', 'articles');
		await cache.invalidator.purge({ collection: 'pages' }, { cause: 'purge', user: 'an-admin' });
		await asked(1, 'gpt-4o', null);
		const { collections } = await cache.reports.stats({});
		expect(Object.keys(collections)).toEqual(['articles', 'pages']);
		expect(collections['articles']).toMatchObject({ misses: 2, last_invalidation: null });
		expect(collections['pages']).toMatchObject({
			lookups: 0,
			last_invalidation: { cause: 'purge', user: 'an-admin', criteria: { collection: 'pages' } },
		});
	});
});

describe('a period of long ago', () => {
	const HOUR_MS = HOUR_S * 1000;

	it('has its figures, in the finest steps that are still kept, and those of the period before', async () => {
		await asked(1);
		cache.clock.advanceSeconds(HOUR_S);
		await asked(2);
		const from = Date.UTC(2026, 0, 1, 1);
		for (const days of [0, 2, 70]) {
			cache.clock.advanceSeconds(days * DAY_S);
			const { overall } = await cache.reports.stats({ from, to: from + HOUR_MS });
			expect([days, overall.misses]).toEqual([days, days === 70 ? 3 : 2]);
		}
	});

	it('has a former one, where the minutes of this are the last that are kept', async () => {
		await asked(1);
		cache.clock.advanceSeconds(HOUR_S);
		await asked(2);
		cache.clock.advanceSeconds(25.5 * HOUR_S);
		const from = Date.UTC(2026, 0, 1, 1);
		const { overall, previous } = await cache.reports.stats({ from, to: from + HOUR_MS });
		expect([overall.misses, previous.misses]).toEqual([2, 1]);
	});

	it.each([
		['minute', 27 * HOUR_MS],
		['hour', 63 * DAY_S * 1000],
	] as const)('is refused with an interval of one %s, which is not kept so long', async (interval, ago) => {
		const from = cache.clock.now() - ago;
		await expect(cache.reports.stats({ from, to: from + HOUR_MS, interval })).rejects.toMatchObject({
			extensions: { field: 'interval' },
			message: expect.stringContaining(interval) as string,
		});
	});
});

describe('a series', () => {
	it('has a point for each bucket, noughts where nothing happened, and adds up to the whole', async () => {
		const from = Date.UTC(2026, 0, 1);
		await asked(2);
		cache.clock.advanceSeconds(2 * MINUTE_S);
		await asked(1);
		const { series, overall } = await cache.reports.stats({ from, to: from + 5 * 60_000, interval: 'minute' });
		expect(series?.points.map(({ misses }) => misses)).toEqual([2, 0, 1, 0, 0]);
		expect(series?.points.map(({ at }) => at.slice(11, 16))).toEqual(['00:00', '00:01', '00:02', '00:03', '00:04']);
		expect(overall.misses).toBe(3);
	});

	it('is there only where an interval was asked for', async () => {
		expect(await cache.reports.stats({})).not.toHaveProperty('series');
	});

	it('of a whole month of days has a point for each', async () => {
		const from = Date.UTC(2026, 0, 1);
		for (let day = 0; day < 30; day++) {
			await asked(1);
			cache.clock.advanceSeconds(DAY_S);
		}
		const { series } = await cache.reports.stats({ from, to: Date.UTC(2026, 0, 31), interval: 'day' });
		expect(series?.points.map(({ misses }) => misses)).toEqual(Array.from({ length: 30 }, () => 1));
	});
});

describe('a period that cannot be told', () => {
	const now = Date.UTC(2026, 0, 1);
	it.each([
		['from', { from: now, to: now }],
		['from', { from: now + 1, to: now }],
		['interval', { from: now - 40 * 3_600_000, to: now, interval: 'minute' as const }],
	])('is refused by the name of its parameter: %s', async (field, query) => {
		const error: unknown = await cache.reports.stats(query).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(InvalidRequestError);
		expect((error as InstanceType<typeof InvalidRequestError>).extensions).toMatchObject({ field });
	});
});
