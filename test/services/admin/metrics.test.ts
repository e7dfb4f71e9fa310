import { beforeEach, describe, expect, it } from 'vitest';

import type { CacheRequest } from '../../../src/cache/generation/types.ts';
import { putItem, TTL } from '../../cache/support/engine.ts';
import { parseScrape } from '../../support/prometheus.ts';
import { type Reporting, startReporting } from '../support/reporting.ts';

let cache: Reporting;
beforeEach(() => {
	cache = startReporting();
});

const scrape = async () => parseScrape((await cache.metrics.read()).text);
const valuesOf = async (...names: string[]) => {
	const { samples } = await scrape();
	return names.map((name) => samples.get(name));
};
const MINI: Partial<CacheRequest<string>> = { model: 'gpt-4o-mini', collection: null, key: 'openai:gpt-4o-mini:key' };

describe('the metrics', () => {
	it('count each request once, by what the cache did, in all and by collection', async () => {
		const asking = [cache.ask(), cache.ask()];
		(await cache.upstream.call(1)).answer();
		await Promise.all(asking);
		await cache.ask();
		cache.clock.advanceSeconds(TTL + 1);
		const stale = cache.ask({ staleWhileRevalidate: 600 });
		(await cache.upstream.call(2)).answer();
		await stale;
		await cache.fill('past the cache', { mode: 'no-store' });
		await cache.fill('another model', MINI);
		const { samples } = await scrape();
		const requests = [...samples].filter(([name]) => name.startsWith('ai_cache_requests_total{'));
		const labels = (model: string, status: string) => `{provider="openai",model="${model}",status="${status}"}`;
		expect(Object.fromEntries(requests.filter(([, value]) => value > 0))).toEqual({
			[`ai_cache_requests_total${labels('gpt-4o', 'hit')}`]: 1,
			[`ai_cache_requests_total${labels('gpt-4o', 'coalesced')}`]: 1,
			[`ai_cache_requests_total${labels('gpt-4o', 'stale')}`]: 1,
			[`ai_cache_requests_total${labels('gpt-4o', 'miss')}`]: 1,
			[`ai_cache_requests_total${labels('gpt-4o', 'bypass')}`]: 1,
			[`ai_cache_requests_total${labels('gpt-4o-mini', 'miss')}`]: 1,
		});
		const ofCollections = [...samples].filter(([name]) => name.startsWith('ai_cache_collection_requests_total{'));
		expect(ofCollections.every(([name]) => name.includes('collection="articles"'))).toBe(true);
		expect(ofCollections.reduce((sum, [, value]) => sum + value, 0)).toBe(5);
	});

	it('say what was saved and spent, in dollars, tokens and seconds', async () => {
		await cache.fill('An answer');
		await cache.ask();
		await cache.ask();
		const named = (name: string) => `ai_cache_${name}_total{provider="openai",model="gpt-4o"}`;
		expect(await valuesOf(named('saved_usd'), named('saved_tokens'), named('saved_seconds'))).toEqual([1, 30, 1.6]);
		expect(await valuesOf(named('spent_usd'), named('spent_tokens'), named('spent_seconds'))).toEqual([0.5, 15, 0.8]);
		expect(await valuesOf(named('stored_answers'), named('failed_generations'))).toEqual([1, 0]);
	});

	it('never fall, however long the process runs', async () => {
		await cache.fill('An answer');
		cache.clock.advanceSeconds(900 * 86_400);
		await cache.fill('Another answer');
		expect(await valuesOf('ai_cache_spent_tokens_total{provider="openai",model="gpt-4o"}')).toEqual([30]);
	});

	it('say which entries there are, also of models that nobody has counted yet', async () => {
		await cache.fill('An answer');
		const other = cache.join();
		await other.cache.put([
			putItem('one', '1', { identity: { provider: 'mistral', model: 'mistral-large', collection: null } }),
			putItem('two', '2', { identity: { provider: 'mistral', model: 'mistral-small', collection: null } }),
		]);
		expect(
			await valuesOf(
				'ai_cache_entries{provider="openai",model="gpt-4o"}',
				'ai_cache_entries{provider="mistral",model="(other)"}',
				'ai_cache_entries_bytes',
			),
		).toEqual([1, 2, await cache.store.bytesHeld()]);
		await other.recorder.flush();
		expect(await valuesOf('ai_cache_entries{provider="mistral",model="mistral-small"}')).toEqual([1]);
	});

	it('say how many invalidations there were, by cause, and what they dropped', async () => {
		await cache.cache.put([putItem('one', '1'), putItem('two', '2'), putItem('three', '3')]);
		await cache.invalidator.purge({ key: 'one' }, { cause: 'purge' });
		await cache.invalidator.purge({ provider: 'openai' }, { cause: 'purge' });
		await cache.invalidator.note({ provider: 'openai', model: 'gpt-4o' }, { cause: 'model_update' });
		await cache.invalidator.note({ collection: 'articles' }, { cause: 'refresh' });
		expect(
			await valuesOf(
				'ai_cache_invalidations_total{cause="purge"}',
				'ai_cache_invalidated_entries_total{cause="purge"}',
				'ai_cache_invalidations_total{cause="model_update"}',
				'ai_cache_invalidated_entries_total{cause="model_update"}',
				'ai_cache_invalidations_total{cause="refresh"}',
			),
		).toEqual([2, 3, 1, 0, undefined]);
	});

	it('say how this process sees its store', async () => {
		const { memory } = await cache.store.health();
		expect(
			await valuesOf(
				'ai_cache_store_up',
				'ai_cache_store_info{kind="memory",mode="embedded"}',
				'ai_cache_store_breaker_state{state="closed"}',
				'ai_cache_store_breaker_state{state="open"}',
				'ai_cache_store_pending_invalidations',
				'ai_cache_store_memory_max_bytes',
				'ai_cache_store_hints_up',
				'ai_cache_first_level_entries',
			),
		).toEqual([1, 1, 1, 0, 0, memory.max, undefined, undefined]);
	});

	it('hold how long generations took, by provider', async () => {
		await cache.fill('fast', {}, { durationMs: 200 });
		await cache.fill('slow', MINI, { durationMs: 30_000 });
		const named = (what: string, more = '') => `ai_cache_generation_duration_seconds_${what}{${more}provider="openai"}`;
		expect(
			await valuesOf(
				named('bucket', 'le="0.25",'),
				named('bucket', 'le="20",'),
				named('bucket', 'le="40",'),
				named('count'),
				named('sum'),
			),
		).toEqual([1, 1, 2, 2, 30.2]);
	});

	it('are the same when they are read again: nothing is counted twice', async () => {
		await cache.fill('An answer');
		const [once, again] = [await scrape(), await scrape()];
		const steady = ({ samples }: typeof once) => [...samples].filter(([name]) => !/latency/.test(name));
		expect(steady(again)).toEqual(steady(once));
	});

	it('are named as Prometheus asks: a prefix, base units, `_total` for counters alone, and a help that says of what', async () => {
		await cache.fill('An answer');
		await cache.invalidator.purge({ all: true }, { cause: 'purge' });
		const { contentType, text } = await cache.metrics.read();
		expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
		const { types, helps } = parseScrape(text);
		expect([...helps.keys()]).toEqual([...types.keys()]);
		for (const [name, type] of types) {
			expect(name).toMatch(/^ai_cache_[a-z_]+$/);
			expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb|count|sum|bucket)(_|$)/);
			expect(name.endsWith('_total'), name).toBe(type === 'counter');
			expect(helps.get(name)).toMatch(/This process alone\.$|All processes that share|The whole cache/);
		}
	});

	it('write what a caller may name in a way that breaks no line', async () => {
		await cache.fill('An answer', { model: 'a"b\\c\nd' });
		const { samples } = await scrape();
		expect(samples.get('ai_cache_spent_tokens_total{provider="openai",model="a\\"b\\\\c\\nd"}')).toBe(15);
	});
});
