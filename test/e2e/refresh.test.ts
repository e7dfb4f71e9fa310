import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { JournalRow } from '../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type Account, createAccount } from './support/access.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { type Ask, asker, statsOf } from './support/generations.ts';

/** Of each answer here: 100 × 10 000 + 50 × 20 000 USD a million tokens. */
const USD = 2;
const BUDGET = 12 * USD;
/** Each process looks this often for requests that take an answer out of date. */
const LOOK_MS = 10_000;

describe.each(['memory', 'redis'] as const)('answers made again, in %s', (kind) => {
	const processes = kind === 'redis' ? 2 : 1;
	let redis: TestRedis | undefined;
	let emulator: ProviderEmulator;
	let directus: Directus;
	let reader: Account;
	/** Through one process; saved is through the other where there are two. */
	let ask: Ask;
	let askOther: Ask;

	beforeAll(async () => {
		emulator = await startProviderEmulator();
		redis = kind === 'redis' ? await startRedis() : undefined;
		directus = await startDirectus({
			processes,
			env: {
				...emulator.environment(),
				...(redis ? { AI_CACHE_REDIS: redis.url } : { AI_CACHE_STORE: 'memory' }),
				AI_CACHE_UPSTREAM_RETRIES: '0',
				AI_CACHE_STORE_TIMEOUT: '10s',
				AI_CACHE_COLLECTIONS: '{"articles":{"on_invalidate":"refresh"}}',
				AI_CACHE_REFRESH_DEBOUNCE: '1s',
				AI_CACHE_REFRESH_MAX: '3',
				AI_CACHE_REFRESH_BUDGET: String(BUDGET),
				AI_CACHE_WARM_CONCURRENCY: '1',
				AI_CACHE_PRICES: '{"openai/gpt-4o-mini":{"input":10000,"output":20000}}',
			},
		});
		const read = (collection: string) => ({ collection, action: 'read' as const });
		reader = await createAccount(directus, 'reader', [read('articles'), read('authors')]);
		const asReader =
			(through: Ask): Ask =>
			(request) =>
				through(request, reader.token);
		ask = asReader(asker(directus.process(processes - 1)));
		askOther = asReader(asker(directus.process(0)));
	});
	afterAll(async () => {
		await directus.stop();
		await emulator.stop();
		await redis?.stop();
	});
	beforeEach(() => {
		emulator.reset();
		emulator.setUsage({ input_tokens: 100, output_tokens: 50 });
	});

	const announce = (item: number, more: object = {}) => ({
		provider: 'openai',
		model: 'gpt-4o-mini',
		prompt: 'Announce {{title}}',
		collection: 'articles',
		item,
		...more,
	});
	const save = (item: number, title: string) => directus.data('PATCH', `/items/articles/${item}`, { title });
	const rows = async () => (await directus.data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal')).rows;
	const prompts = () => emulator.requests.map(({ rawBody }) => rawBody.toString());

	async function askOften(request: object): Promise<void> {
		for (let time = 0; time < 4; time++) await ask(request);
		// Requests are written once a second, by the process that was asked.
		await wait(1500);
	}

	it('are there from the new content before anybody asks, for one call however often the item was saved', async () => {
		await askOften(announce(1));
		for (let draft = 1; draft <= 10; draft++) await save(1, `Draft ${draft}`);
		await expect.poll(() => emulator.calls(), { timeout: 10_000 }).toBe(2);
		expect(prompts().at(-1)).toContain('Announce Draft 10');
		await expect.poll(async () => (await rows())[0]?.cause, { timeout: 5000 }).toBe('refresh');
		for (const process of [ask, askOther]) expect((await process(announce(1))).cache).toBe('HIT');
		expect(emulator.calls()).toBe(2);
		expect((await rows())[0]).toMatchObject({
			entries: 1,
			criteria: { collection: 'articles', items: ['1'] },
			note: 'Made 1 answer again for 2 USD',
		});
		expect((await statsOf(directus)).collections['articles']).toMatchObject({ refreshed: 1, spent: { usd: 2 * USD } });
	});

	it('are those that are asked often, of collections that refresh', async () => {
		await ask(announce(2));
		const { item: _, collection: __, ...elsewhere } = announce(2, { prompt: 'Written elsewhere' });
		await askOften({ ...elsewhere, depends_on: [{ collection: 'articles', items: [2] }] });
		await askOften({ ...announce(1, { prompt: 'Praise {{name}}' }), collection: 'authors' });
		const before = emulator.calls();
		await save(2, 'A title that nobody waits for');
		await directus.data('PATCH', '/items/authors/1', { name: 'Ada King' });
		await wait(4000);
		expect(emulator.calls()).toBe(before);
		expect((await ask(announce(2))).cache).toBe('MISS');
	});

	it('are none of a purge by hand', async () => {
		await askOften(announce(3));
		await directus.data('POST', '/ai-cache/invalidate', { collection: 'articles', items: [3] });
		await wait(4000);
		expect(emulator.calls()).toBe(1);
		expect((await ask(announce(3))).cache).toBe('MISS');
	});

	it('are none for a user who may not read the item any more', async () => {
		await askOften(announce(4));
		const [permission] = await directus.data<{ id: number }[]>(
			'GET',
			`/permissions?filter[collection][_eq]=articles&filter[policy][_eq]=${reader.policy}`,
		);
		await directus.data('DELETE', `/permissions/${permission!.id}`);
		await save(4, 'Not for the reader');
		await expect
			.poll(async () => (await rows())[0]?.note, { timeout: 10_000 })
			.toBe('Left 1 answer that may not be asked for as before');
		expect(emulator.calls()).toBe(1);
		await directus.data('POST', '/permissions', {
			policy: reader.policy,
			collection: 'articles',
			action: 'read',
			fields: ['*'],
		});
	});

	describe('meanwhile', () => {
		const patient = announce(5, { cache: { stale_while_revalidate: 30 } });

		it('a request that says so gets the old answer, marked; no other does, and none after a purge', async () => {
			const old = await ask(patient);
			await askOften(patient);
			await wait(LOOK_MS + 1000);
			await save(5, 'The new title');
			const stale = await ask(patient);
			expect([stale.cache, stale.data?.text]).toEqual(['STALE', old.data?.text]);
			expect(stale.headers.get('cache-status')).toMatch(/^ai-cache; hit; ttl=-\d+; key="openai:gpt-4o-mini:/);
			expect(Number(stale.headers.get('age'))).toBeGreaterThan(10);
			expect(emulator.calls()).toBe(1);
			await expect.poll(async () => (await ask(patient)).cache, { timeout: 10_000 }).toBe('HIT');
			expect(emulator.calls()).toBe(2);
			expect((await ask(patient)).data?.text).not.toBe(old.data?.text);

			await save(5, 'A newer title');
			expect((await askOther(patient)).cache).toBe('STALE');
			await directus.data('POST', '/ai-cache/invalidate', { tags: ['something else'] });
			const after = await ask(patient);
			expect([after.cache, after.data?.text]).toEqual(['MISS', expect.stringContaining('A newer title')]);

			await wait(LOOK_MS + 1000);
			await save(5, 'The newest title');
			expect((await ask(announce(5))).cache).toBe('MISS');
		});
	});

	it('stop at the day’s budget, and the journal says what was left', async () => {
		const items = [6, 7, 8];
		for (const item of items) await askOften(announce(item));
		let latest = (await rows())[0];
		for (let round = 1; round <= BUDGET / USD && !latest?.note?.includes('budget'); round++) {
			const before = latest?.id;
			await directus.data('PATCH', '/items/articles', { keys: items, data: { title: `Round ${round}` } });
			const isNext = ({ cause, id }: JournalRow) => cause === 'refresh' && id !== before;
			await expect.poll(async () => (await rows()).slice(0, 1).some(isNext), { timeout: 10_000 }).toBe(true);
			[latest] = await rows();
		}
		expect(latest?.note).toMatch(/left \d answers?, as the day’s budget of 24 USD is spent/);
		await expect.poll(async () => (await statsOf(directus)).overall.refreshed, { timeout: 5000 }).toBe(BUDGET / USD);
	});
});
