import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { StatsReport, WarmCandidate, WarmJob } from '../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis } from '../support/redis.ts';
import { createAccount } from './support/access.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { type Ask, asker, statsOf } from './support/generations.ts';

/** Of each answer here: 100 × 10 000 + 50 × 20 000 USD a million tokens. */
const USD = 2;

let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;
let prompts = 0;

const chat = (more: object = {}) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: `Prompt ${++prompts}`,
	...more,
});

beforeAll(async () => {
	emulator = await startProviderEmulator();
	directus = await startDirectus({
		env: {
			...emulator.environment(),
			AI_CACHE_STORE: 'memory',
			AI_CACHE_UPSTREAM_RETRIES: '0',
			AI_CACHE_WARM_BUDGET: '1000',
			AI_CACHE_WARM_CONCURRENCY: '1',
			AI_CACHE_PRICES: '{"openai/gpt-4o-mini":{"input":10000,"output":20000}}',
		},
	});
	ask = asker(directus);
});
afterAll(async () => {
	await directus.stop();
	await emulator.stop();
});
beforeEach(() => {
	emulator.reset();
	emulator.setUsage({ input_tokens: 100, output_tokens: 50 });
});

const start = (body: object) => directus.data<WarmJob>('POST', '/ai-cache/warm', body);
const jobOf = ({ id }: WarmJob) => directus.data<WarmJob>('GET', `/ai-cache/warm/${id}`);

async function ended(job: WarmJob): Promise<WarmJob> {
	await expect.poll(async () => (await jobOf(job)).state, { timeout: 10_000 }).not.toBe('running');
	return jobOf(job);
}

describe('the figures', () => {
	it('are those of what was asked, by provider, model and collection, and as a series', async () => {
		const request = chat({ collection: 'articles' });
		await ask(request);
		await ask(request);
		await ask(request);
		await ask(chat({ cache: { mode: 'no-store' } }));
		emulator.failNext({ status: 500 });
		await ask(chat());
		const stats = await statsOf(directus, '?interval=hour');
		const expected = {
			lookups: 3,
			hits: 2,
			misses: 1,
			bypassed: 1,
			stored: 1,
			errors: 1,
			hit_rate: 2 / 3,
			saved: { usd: 2 * USD, tokens: 300 },
			spent: { usd: 2 * USD, tokens: 300 },
		};
		expect(stats.overall).toMatchObject({ ...expected, entries: 1 });
		expect(stats.overall.bytes).toBeGreaterThan(0);
		expect(stats.providers.openai.models['gpt-4o-mini']).toMatchObject({ ...expected, entries: 1 });
		expect(stats.collections['articles']).toMatchObject({ lookups: 3, hits: 2, misses: 1, stored: 1, entries: 1 });
		expect(stats.providers.mistral).toMatchObject({ lookups: 0, hit_rate: 0, has_key: true });
		expect(stats.series?.points.at(-1)).toMatchObject({ hits: 2, misses: 1, bypassed: 1, saved_usd: 2 * USD });
	});

	it('are narrowed by provider, model and collection, entries included', async () => {
		await ask(chat({ provider: 'mistral', model: 'mistral-small-latest', collection: 'articles' }));
		const of = async (query: string) => {
			const { overall }: StatsReport = await statsOf(directus, query);
			return [overall.lookups, overall.entries];
		};
		expect(await of('?provider=mistral')).toEqual([1, 1]);
		expect(await of('?collection=articles')).toEqual([4, 2]);
		expect(await of('?provider=openai&collection=articles')).toEqual([3, 1]);
		expect(await of('?model=mistral-small-latest')).toEqual([1, 1]);
		expect(await of('?provider=deepseek')).toEqual([0, 0]);
	});

	it.each([
		['?from=yesterday', 'from'],
		['?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
		['?interval=week', 'interval'],
		['?from=2020-01-01T00:00:00Z&interval=minute', 'interval'],
	])('refuse the query %s by its parameter’s name', async (query, field) => {
		const answer = await directus.api('GET', `/ai-cache/stats${query}`);
		expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { field } }] } });
	});
});

describe('warming requests', () => {
	it('generates what is missing, leaves what is there, and tells what failed', async () => {
		const [there, missing, failing] = [chat(), chat(), chat()];
		await ask(there);
		const before = await statsOf(directus);
		emulator.failNext({ status: 500, message: 'It broke' });
		const job = await ended(await start({ requests: [failing, there, missing] }));
		expect(job).toMatchObject({ state: 'done', total: 3, done: 3, generated: 1, already_cached: 1, failed: 1 });
		expect(job.errors).toEqual([expect.stringContaining('It broke')]);
		expect([job.spent_usd, job.budget_usd, job.eta]).toEqual([USD, 1000, null]);
		expect((await ask(missing)).cache).toBe('HIT');
		const after = await statsOf(directus);
		expect([after.overall.hits - before.overall.hits, after.overall.misses - before.overall.misses]).toEqual([1, 0]);
	});

	it('stops at its budget', async () => {
		const job = await ended(await start({ requests: [chat(), chat(), chat(), chat()], budget_usd: 1.5 * USD }));
		expect(job).toMatchObject({ state: 'over_budget', done: 2, generated: 2, spent_usd: 2 * USD });
		expect(emulator.calls()).toBe(2);
	});

	it('can be watched and stopped; what is under way is given up', async () => {
		emulator.hold();
		const job = await start({ requests: [chat(), chat(), chat()] });
		await emulator.whenCalled(1);
		expect(await jobOf(job)).toMatchObject({ state: 'running', total: 3, done: 0 });
		await directus.data('DELETE', `/ai-cache/warm/${job.id}`);
		expect(await ended(job)).toMatchObject({ state: 'aborted', generated: 0 });
		expect(emulator.calls()).toBe(1);
		await expect.poll(() => emulator.requests[0]?.aborted).toBe(true);
		const jobs = await directus.data<WarmJob[]>('GET', '/ai-cache/warm');
		expect(jobs[0]).toMatchObject({ id: job.id, state: 'aborted' });
		expect(jobs).toHaveLength(3);
	});

	it.each([
		[{}, 'requests'],
		[{ top: 1, requests: [] }, 'requests'],
		[{ top: 0 }, 'top'],
		[{ requests: [{ provider: 'acme', model: 'x', prompt: 'y' }] }, 'requests.0.provider'],
		[{ top: 1, budget_usd: -1 }, 'budget_usd'],
	])('refuses %j by its field’s name', async (body, field) => {
		const answer = await directus.api('POST', '/ai-cache/warm', body);
		expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { field } }] } });
	});

	it('says of a job that there is not that there is none', async () => {
		expect((await directus.api('GET', '/ai-cache/warm/no-such-job')).status).toBe(404);
	});
});

describe('warming what is asked most', () => {
	it('makes the most requested that are missing, most requested first', async () => {
		const [most, some, present] = [chat(), chat(), chat()];
		const times = [...Array<object>(6).fill(most), ...Array<object>(5).fill(some), ...Array<object>(7).fill(present)];
		for (const request of times) await ask(request);
		await directus.data('POST', '/ai-cache/invalidate', { all: true });
		await ask(present);
		emulator.reset();
		emulator.setUsage({ input_tokens: 100, output_tokens: 50 });
		const candidates = () => directus.data<WarmCandidate[]>('GET', '/ai-cache/warm/candidates?top=2');
		await expect
			.poll(async () => (await candidates()).map(({ preview, requested }) => [preview, requested]), { timeout: 5000 })
			.toEqual([
				[most.prompt, 6],
				[some.prompt, 5],
			]);
		expect((await candidates())[0]).toMatchObject({ state: 'missing', expires_in: null, provider: 'openai' });
		const job = await ended(await start({ top: 2 }));
		expect(job).toMatchObject({ state: 'done', total: 2, generated: 2 });
		expect([(await ask(most)).cache, (await ask(some)).cache]).toEqual(['HIT', 'HIT']);
		expect(emulator.calls()).toBe(2);
	});

	it('names what is about to expire as such, and makes it anew', async () => {
		const short = chat({ cache: { ttl: 20 } });
		for (let time = 0; time < 12; time++) await ask(short);
		const candidates = () => directus.data<WarmCandidate[]>('GET', '/ai-cache/warm/candidates?top=20');
		const own = async () => (await candidates()).find(({ preview }) => preview === short.prompt);
		expect(await own()).toBeUndefined();
		await expect.poll(own, { timeout: 20_000, interval: 200 }).toMatchObject({ state: 'expiring', usd: USD });
		expect([0, 1, 2]).toContain((await own())?.expires_in);
		const job = await ended(await start({ top: 1 }));
		expect(job).toMatchObject({ total: 1, generated: 1, already_cached: 0 });
		const answer = await ask(short);
		expect([answer.cache, answer.data?.cache.age]).toEqual(['HIT', expect.toSatisfy((age: number) => age < 5)]);
	}, 40_000);

	it('renders an item template from the content of now, as the user who asked', async () => {
		const reader = await createAccount(directus, 'reader', [{ collection: 'articles', action: 'read' }]);
		const request = { ...chat({ collection: 'articles', item: 3 }), prompt: 'Announce {{title}}' };
		const other = { ...request, item: 4 };
		for (let time = 0; time < 12; time++) await ask(request, reader.token);
		for (let time = 0; time < 11; time++) await ask(other);
		await directus.data('PATCH', '/items/articles', { keys: [3, 4], data: { title: 'Another title' } });
		const candidates = () => directus.data<WarmCandidate[]>('GET', '/ai-cache/warm/candidates?top=2');
		const wanted = { preview: 'Announce Another title', state: 'missing', collection: 'articles' };
		await expect.poll(candidates, { timeout: 5000 }).toMatchObject([
			{ ...wanted, requested: 12 },
			{ ...wanted, requested: 11 },
		]);
		expect(await ended(await start({ top: 1 }))).toMatchObject({ total: 1, generated: 1 });
		expect((await ask(request, reader.token)).cache).toBe('HIT');

		await directus.data('POST', '/ai-cache/invalidate', { all: true });
		await directus.data('PATCH', `/users/${reader.id}`, { status: 'suspended' });
		const keys = (await candidates()).map(({ preview, requested }) => [preview, requested]);
		expect(keys).not.toContainEqual(['Announce Another title', 13]);
		expect(keys).toContainEqual(['Announce Another title', 11]);
	});
});

describe('warming on a schedule', () => {
	it.each(['memory', 'redis'] as const)(
		'makes what is missing, in one of the processes, with %s',
		async (kind) => {
			const redis = kind === 'redis' ? await startRedis() : undefined;
			const scheduled = await startDirectus({
				processes: kind === 'redis' ? 2 : 1,
				env: {
					...emulator.environment(),
					...(redis ? { AI_CACHE_REDIS: redis.url, REDIS: redis.url } : { AI_CACHE_STORE: 'memory' }),
					AI_CACHE_WARM_SCHEDULE: '*/2 * * * * *',
					AI_CACHE_WARM_TOP: '1',
				},
			});
			try {
				const askScheduled = asker(scheduled);
				const [most, some] = [chat(), chat()];
				for (let time = 0; time < 4; time++) await askScheduled(most);
				await askScheduled(some);
				await wait(1500);
				await scheduled.data('POST', '/ai-cache/invalidate', { all: true });
				const calls = emulator.calls();
				await expect.poll(() => emulator.calls(), { timeout: 10_000 }).toBe(calls + 1);
				expect((await askScheduled(most)).cache).toBe('HIT');
				const jobs = await scheduled.data<WarmJob[]>('GET', '/ai-cache/warm');
				expect(jobs.filter(({ generated }) => generated > 0)).toHaveLength(1);
			} finally {
				await scheduled.stop();
				await redis?.stop();
			}
		},
		120_000,
	);
});
