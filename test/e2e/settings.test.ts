import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { EntryDetail, JournalRow, SettingRow } from '../../src/shared/api-types.ts';
import { keyOf, type ProviderEmulator } from '../support/provider-emulator.ts';
import type { Directus } from './support/directus.ts';
import { type Ask, statsOf } from './support/generations.ts';
import { logLines } from './support/log.ts';
import { newChats, type Served, serve } from './support/test-server.ts';

const COLLECTIONS = {
	articles: { content_type: 'critical', ttl_factor: 0.5 },
	authors: { scope: 'user' },
	tags: { enabled: false },
};
const DAY = 86_400;

let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;

const chat = newChats();

beforeAll(async () => {
	served = await serve({
		AI_CACHE_DEEPSEEK_API_KEY: '',
		AI_CACHE_MAX_TTL: '30d',
		AI_CACHE_ON_MODEL_UPDATE: 'invalidate',
		// As operators write them: Directus splits a value at its commas.
		AI_CACHE_COLLECTIONS: JSON.stringify(COLLECTIONS),
		AI_CACHE_COST_TIERS: '{"openai":{"gpt-4o-mini":"medium","gpt-house":"very_high"}}',
		AI_CACHE_PRICES: '{"openai/gpt-4o-mini":{"input":1000,"output":2000},"openai/gpt-dear":{"input":1,"output":50}}',
	});
	({ emulator, directus, ask } = served);
});
afterAll(() => served.stop());
beforeEach(() => emulator.reset());

const detail = (key: string) => directus.data<EntryDetail>('GET', `/ai-cache/entries/${key}`);

describe('the life of an answer', () => {
	it.each([
		['standard content', {}, DAY],
		['critical content', { content_type: 'critical' }, DAY / 2],
		['static content', { content_type: 'static' }, DAY * 7],
		['half the confidence', { confidence: 0.5 }, DAY / 2],
		['more confidence than counts', { confidence: 9 }, DAY * 1.5],
		['a collection with settings of its own', { collection: 'articles' }, DAY / 4],
		[
			'a content type that the request names over its collection’s',
			{ collection: 'articles', content_type: 'static' },
			DAY * 3.5,
		],
		['a tier that the operator named', { model: 'gpt-house' }, DAY * 2],
		['a tier that the price makes', { model: 'gpt-dear' }, DAY * 2],
		['a model that nobody knows', { model: 'gpt-nobody' }, DAY],
		['a life that the request asks for', { cache: { ttl: 90 } }, 90],
		['a life asked for beyond the bound', { cache: { ttl: 90 * DAY } }, 30 * DAY],
	])('is that of %s', async (_, more, ttl) => {
		const { data } = await ask(chat({ confidence: 1, ...more }));
		expect((await detail(data!.cache.key)).ttl).toBe(ttl);
	});

	it('is explained by its parts, with the reasons of the confidence', async () => {
		const { data } = await ask(chat({ collection: 'articles', params: { temperature: 0 } }));
		const { ttl, ttl_parts: parts } = await detail(data!.cache.key);
		expect(ttl).toBe(Math.trunc(parts.base * parts.tier_factor * parts.confidence * parts.collection_factor));
		expect(parts).toMatchObject({ base: DAY / 2, tier_factor: 1, collection_factor: 0.5, asked: null });
		const sum = parts.reasons.reduce((score, { effect }) => score + effect, 1);
		expect(parts.confidence).toBeCloseTo(Math.min(1.5, Math.max(0.5, sum)), 9);
		expect(parts.reasons.map(({ name }) => name)).not.toEqual([]);
	});
});

describe('a collection’s settings', () => {
	it('turn the cache off for those who name it', async () => {
		const request = chat({ collection: 'tags' });
		const answers = [await ask(request), await ask(request)];
		expect(answers.map(({ cache }) => cache)).toEqual(['BYPASS', 'BYPASS']);
		expect(answers[0]?.data?.cache.not_stored).toBe('collection_off');
		expect(emulator.calls()).toBe(2);
	});

	it('leave nothing to be found by those who ask for a cached answer only', async () => {
		const answer = await ask(chat({ collection: 'tags', cache: { mode: 'only-if-cached' } }));
		expect([answer.status, emulator.calls()]).toEqual([504, 0]);
	});

	it('set the scope', async () => {
		const { data } = await ask(chat({ collection: 'authors' }));
		expect((await detail(data!.cache.key)).scope).toBe('user');
	});
});

describe('prices', () => {
	it('of the operator make what an answer cost, and what a hit of it spares', async () => {
		emulator.setUsage({ input_tokens: 100, output_tokens: 50 });
		const request = chat();
		const before = await statsOf(directus);
		await ask(request);
		const hit = await ask(request);
		expect(hit.data?.cache.saved).toMatchObject({ usd: 0.2, tokens: 150 });
		const after = await statsOf(directus);
		expect(after.overall.spent.usd - before.overall.spent.usd).toBeCloseTo(0.2, 9);
		expect(after.overall.saved.usd - before.overall.saved.usd).toBeCloseTo(0.2, 9);
	});
});

describe('a provider without a key', () => {
	it('is answered for with the name of the setting', async () => {
		const answer = await ask(chat({ provider: 'deepseek', model: 'deepseek-chat' }));
		expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([503, 'AI_CACHE_NO_PROVIDER_KEY']);
		expect(answer.errors[0]?.message).toContain('AI_CACHE_DEEPSEEK_API_KEY');
	});
});

describe('another snapshot behind a model’s name', () => {
	const modelOf = async () => (await statsOf(directus)).providers.openai.models['gpt-4o'];
	const about = ({ criteria }: JournalRow) => criteria.model === 'gpt-4o';
	const rows = async () => (await directus.data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal')).rows.filter(about);

	it('is said in figures and journal, and gives up what the one before answered', async () => {
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-08-06');
		const request = chat({ model: 'gpt-4o' });
		await ask(request);
		expect((await ask(request)).cache).toBe('HIT');
		expect(await modelOf()).toMatchObject({ version: 1, snapshot: 'gpt-4o-2024-08-06', snapshot_changed_at: null });

		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-11-20');
		await ask(chat({ model: 'gpt-4o' }));
		await expect
			.poll(rows)
			.toMatchObject([{ cause: 'model_update', criteria: { provider: 'openai', model: 'gpt-4o' } }]);
		expect((await rows())[0]?.note).toContain('gpt-4o-2024-11-20 instead of gpt-4o-2024-08-06');
		expect(await modelOf()).toMatchObject({ version: 2, snapshot: 'gpt-4o-2024-11-20', snapshot_changed_at: null });
		expect((await ask(request)).cache).toBe('MISS');
	});

	it('leaves other models alone, as a version raised by an admin does', async () => {
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-11-20');
		const [raised, other] = [chat({ model: 'gpt-4o' }), chat()];
		await ask(raised);
		await ask(other);
		const answer = await directus.data('POST', '/ai-cache/versions', { provider: 'openai', model: 'gpt-4o' });
		expect(answer).toEqual({ version: 3 });
		expect([(await ask(raised)).cache, (await ask(other)).cache]).toEqual(['MISS', 'HIT']);
		expect((await rows())[0]).toMatchObject({ cause: 'version', user_name: expect.any(String) as string });
	});
});

describe('the settings as an admin sees them', () => {
	it('are all there, with where they come from, and no secret', async () => {
		const { rows } = await directus.data<{ rows: SettingRow[] }>('GET', '/ai-cache/settings');
		const row = (name: string) => rows.find((each) => each.name === name);
		expect(row('AI_CACHE_OPENAI_API_KEY')).toMatchObject({ value: 'set', secret: true, source: 'environment' });
		expect(row('AI_CACHE_DEEPSEEK_API_KEY')).toMatchObject({ value: 'unset', secret: true, source: 'default' });
		expect(row('AI_CACHE_STORE')).toMatchObject({ value: 'memory', source: 'environment' });
		expect(JSON.stringify(rows)).not.toContain(keyOf('openai'));
	});
});

describe('mistakes in the settings', () => {
	it('are all named in one error at start, and no value with them', async () => {
		await directus.process(0).restart({
			AI_CACHE_TTL: '24',
			AI_CACHE_SCOPE: 'everyone',
			AI_CACHE_OPENAI_BASE_URL: 'not-a-url-but-a-secret',
			AI_CACHE_TIMEOUT: '1s',
			AI_CACHE_STORE: 'redis',
		});
		const told = logLines(directus.logs()).find(({ err }) => err?.message.includes('AI Cache cannot start'));
		const names = ['TTL', 'SCOPE', 'OPENAI_BASE_URL', 'TIMEOUT', 'STORE'].map((name) => `AI_CACHE_${name}: `);
		for (const name of names) expect(told?.err?.message).toContain(name);
		expect(directus.logs()).not.toContain('not-a-url-but-a-secret');
		expect((await ask(chat())).status).toBe(404);
	});
});
