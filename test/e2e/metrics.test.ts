import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Figures, Provider, StatsReport } from '../../src/shared/api-types.ts';
import { parseScrape, type Scrape } from '../support/prometheus.ts';
import { keyOf, type ProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import type { Directus } from './support/directus.ts';
import { type Ask, asker, statsOf } from './support/generations.ts';
import { ADMIN, type DirectusProcess } from './support/process.ts';
import { type Served, serve } from './support/test-server.ts';

const CANARY = 'periwinkle';

let redis: TestRedis;
let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let first: Ask;
let second: Ask;

const chat = (prompt: string, more: object = {}) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: `${CANARY} ${prompt}`,
	...more,
});

beforeAll(async () => {
	redis = await startRedis();
	const env = { AI_CACHE_STORE: 'redis', AI_CACHE_REDIS: redis.url, AI_CACHE_STORE_TIMEOUT: '10s' };
	served = await serve(env, { processes: 2 });
	({ emulator, directus } = served);
	first = asker(directus.process(0));
	second = asker(directus.process(1));
	await traffic();
});
afterAll(async () => {
	await served.stop();
	await redis.stop();
});

/** Through both processes: each status, several providers and models, a collection, and each way to invalidate. */
async function traffic(): Promise<void> {
	const about = { collection: 'articles', item: 1 };
	await first(chat('one'));
	await second(chat('one'));
	await first(chat('two', { provider: 'mistral', model: 'mistral-small-latest', ...about }));
	await second(chat('two', { provider: 'mistral', model: 'mistral-small-latest', ...about }));
	await first(chat('three', { cache: { mode: 'no-store' } }));
	const release = emulator.hold();
	const called = emulator.calls();
	const together = [first(chat('four', { model: 'gpt-4o' })), first(chat('four', { model: 'gpt-4o' }))];
	await emulator.whenCalled(called + 1);
	release();
	await Promise.all(together);
	await directus.data('PATCH', '/items/articles/1', { title: 'Another title' });
	await directus.data('POST', '/ai-cache/invalidate', { provider: 'openai', model: 'gpt-4o' });
	await directus.data('POST', '/ai-cache/versions', { provider: 'openai', model: 'gpt-4o' });
}

/** As Prometheus asks, with a static token. */
async function scrape(process: DirectusProcess): Promise<Scrape & { text: string; type: string | null }> {
	const headers = { authorization: `Bearer ${ADMIN.token}`, accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1' };
	const response = await fetch(`${process.url}/ai-cache/metrics`, { headers });
	expect(response.status).toBe(200);
	const text = await response.text();
	return { ...parseScrape(text), text, type: response.headers.get('content-type') };
}

const counted = ({ samples }: Scrape, provider: string, model: string, figures: Figures) => {
	const of = `provider="${provider}",model="${model}"`;
	const requests = (status: string) => samples.get(`ai_cache_requests_total{${of},status="${status}"}`) ?? 0;
	const total = (name: string) => samples.get(`ai_cache_${name}_total{${of}}`);
	expect(
		{
			hits: requests('hit') + requests('coalesced'),
			coalesced: requests('coalesced'),
			stale: requests('stale'),
			misses: requests('miss'),
			bypassed: requests('bypass'),
			stored: total('stored_answers'),
			errors: total('failed_generations'),
			saved: { usd: total('saved_usd'), tokens: total('saved_tokens'), seconds: total('saved_seconds') },
			spent: { usd: total('spent_usd'), tokens: total('spent_tokens'), seconds: total('spent_seconds') },
		},
		`${provider}/${model}`,
	).toEqual({
		...pick(figures, ['hits', 'coalesced', 'stale', 'misses', 'bypassed', 'stored', 'errors']),
		saved: inSeconds(figures.saved),
		spent: inSeconds(figures.spent),
	});
};

const pick = (figures: Figures, names: (keyof Figures)[]) =>
	Object.fromEntries(names.map((name) => [name, figures[name]]));
const inSeconds = ({ usd, tokens, ms }: Figures['saved']) => ({ usd, tokens, seconds: ms / 1000 });

describe('what Prometheus scrapes', () => {
	let stats: StatsReport;
	const asked: [Provider, string][] = [
		['openai', 'gpt-4o-mini'],
		['openai', 'gpt-4o'],
		['mistral', 'mistral-small-latest'],
	];

	beforeAll(async () => {
		// The second process writes its figures a second after it counted them.
		await vi.waitUntil(async () => (stats = await statsOf(directus)).overall.hits === 3, { timeout: 10_000 });
	});

	it.each([0, 1])('is the same as GET /stats says, from process %i', async (index) => {
		const metrics = await scrape(directus.process(index));
		for (const [provider, model] of asked) {
			const figures = stats.providers[provider].models[model];
			if (figures === undefined) throw new Error(`${model} is not in the statistics`);
			counted(metrics, provider, model, figures);
			const entries = metrics.samples.get(`ai_cache_entries{provider="${provider}",model="${model}"}`);
			expect(entries, model).toBe(figures.entries);
		}
		expect(metrics.samples.get('ai_cache_entries_bytes')).toBe(stats.overall.bytes);
		const { articles } = stats.collections;
		expect(metrics.samples.get('ai_cache_collection_requests_total{collection="articles",status="miss"}')).toBe(1);
		expect(articles).toMatchObject({ hits: 1, misses: 1 });
	});

	it('counts invalidations by their cause, as the journal has them', async () => {
		const { rows } = await directus.data<{ rows: { cause: string; entries: number }[] }>('GET', '/ai-cache/journal');
		const { samples } = await scrape(directus.process(1));
		for (const cause of ['purge', 'event', 'version']) {
			const ofCause = rows.filter((row) => row.cause === cause);
			expect(ofCause).toHaveLength(1);
			expect(samples.get(`ai_cache_invalidations_total{cause="${cause}"}`), cause).toBe(1);
			expect(samples.get(`ai_cache_invalidated_entries_total{cause="${cause}"}`)).toBe(ofCause[0]?.entries);
		}
	});

	it('says of each process how it sees its store, and how long its own generations took', async () => {
		const scrapes = [await scrape(directus.process(0)), await scrape(directus.process(1))];
		for (const { samples, type } of scrapes) {
			expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
			expect(samples.get('ai_cache_store_up')).toBe(1);
			expect(samples.get('ai_cache_store_hints_up')).toBe(1);
			expect(samples.get('ai_cache_store_breaker_state{state="closed"}')).toBe(1);
			expect(samples.get('ai_cache_store_info{kind="redis",mode="standalone"}')).toBe(1);
			expect(samples.get('ai_cache_store_latency_seconds')).toBeLessThan(1);
		}
		const generations = scrapes.map(({ samples }) =>
			samples.get('ai_cache_generation_duration_seconds_count{provider="openai"}'),
		);
		expect(generations).toEqual([3, undefined]);
	});

	it('holds no prompt, no key and no token', async () => {
		const { text } = await scrape(directus.process(0));
		for (const secret of [CANARY, ADMIN.token, redis.url, keyOf('openai')]) expect(text).not.toContain(secret);
	});
});

describe('without its Redis', () => {
	it('a scrape is answered, says that the store is away, and guesses nothing', async () => {
		await redis.kill();
		await expect
			.poll(async () => (await scrape(directus.process(0))).samples.get('ai_cache_store_up'), { timeout: 30_000 })
			.toBe(0);
		const { samples } = await scrape(directus.process(0));
		expect([...samples.keys()].filter((name) => name.startsWith('ai_cache_requests_total'))).toEqual([]);
		expect(samples.get('ai_cache_generation_duration_seconds_count{provider="openai"}')).toBe(3);
		await redis.restart();
		await expect
			.poll(async () => (await scrape(directus.process(0))).samples.get('ai_cache_store_up'), { timeout: 30_000 })
			.toBe(1);
	});
});
