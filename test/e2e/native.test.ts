import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
	type BatchElement,
	type GenerationAnswer,
	type InvalidationResult,
	type Provider,
	PROVIDERS,
	type WarmJob,
} from '../../src/shared/api-types.ts';
import { keyOf, type ProviderEmulator } from '../support/provider-emulator.ts';
import type { Directus } from './support/directus.ts';
import type { Ask } from './support/generations.ts';
import { ADMIN } from './support/process.ts';
import { type Served, serve } from './support/test-server.ts';

const MODELS: Record<Provider, string> = {
	openai: 'gpt-4o-mini',
	anthropic: 'claude-haiku-4-5',
	mistral: 'mistral-small-latest',
	deepseek: 'deepseek-chat',
};
const BATCH_MAX = 10;
/** A word of every prompt here, to be looked for where no prompt may be. */
const CANARY = 'periwinkle';

let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;
let prompts = 0;

const newPrompt = (): string => `${CANARY} ${++prompts}`;
const chat = (more: object = {}) => ({ provider: 'openai', model: 'gpt-4o-mini', prompt: newPrompt(), ...more });

beforeAll(async () => {
	served = await serve({ AI_CACHE_BATCH_MAX: String(BATCH_MAX), AI_CACHE_UPSTREAM_RETRIES: '0' });
	({ emulator, directus, ask } = served);
});
afterAll(() => served.stop());
beforeEach(() => emulator.reset());

describe('generating', () => {
	it.each(PROVIDERS)('asks %s once, then answers the same from the cache', async (provider) => {
		const request = chat({ provider, model: MODELS[provider] });
		const first = await ask(request);
		const second = await ask(request);
		expect([first.status, first.cache, second.status, second.cache]).toEqual([200, 'MISS', 200, 'HIT']);
		expect(emulator.calls(provider)).toBe(1);
		expect(first.data?.text).toContain(request.prompt);
		expect(second.data?.response).toEqual(first.data?.response);
		expect(second.data?.cache).toMatchObject({ status: 'HIT', key: first.data?.cache.key });
		const { usage } = first.data!;
		expect(second.data?.cache.saved.tokens).toBe(usage.input_tokens + usage.output_tokens);
		expect(first.data?.cache.saved).toEqual({ usd: 0, tokens: 0, ms: 0 });
	});

	it('describes a miss and a hit in RFC 9211’s words, with the age of a hit', async () => {
		const request = chat();
		const first = await ask(request);
		const second = await ask(request);
		const { key, ttl } = second.data!.cache;
		expect(first.headers.get('cache-status')).toBe(`ai-cache; key="${key}"; fwd=uri-miss; stored`);
		expect(second.headers.get('cache-status')).toBe(`ai-cache; hit; ttl=${ttl}; key="${key}"`);
		expect(first.headers.get('age')).toBeNull();
		expect(Number(second.headers.get('age'))).toBeGreaterThanOrEqual(0);
		expect(key).toMatch(/^openai:gpt-4o-mini:[\w-]{43}$/);
	});

	it('follows what the request says of the cache', async () => {
		const request = chat();
		const first = await ask(request);
		const refreshed = await ask({ ...request, cache: { mode: 'no-cache' } });
		const now = await ask(request);
		const apart = await ask({ ...request, cache: { mode: 'no-store' } });
		expect([refreshed.cache, now.cache, apart.cache]).toEqual(['REFRESH', 'HIT', 'BYPASS']);
		expect(now.data?.response).toEqual(refreshed.data?.response);
		expect(now.data?.response).not.toEqual(first.data?.response);
		expect(apart.data?.cache).toMatchObject({ ttl: 0, not_stored: 'no_store' });
		expect(emulator.calls()).toBe(3);
	});

	it('answers 504 to only-if-cached with nothing stored, and calls nobody', async () => {
		const answer = await ask(chat({ cache: { mode: 'only-if-cached' } }));
		expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([504, 'AI_CACHE_NOT_CACHED']);
		expect(emulator.calls()).toBe(0);
	});

	it('gives the expired answer within its grace, and makes it anew behind it', async () => {
		const request = chat({ cache: { ttl: 1, stale_while_revalidate: 60 } });
		await ask(request);
		await wait(1100);
		const stale = await ask(request);
		expect(stale.cache).toBe('STALE');
		await emulator.whenCalled(2);
		await expect.poll(async () => (await ask(request)).cache, { timeout: 2000 }).toBe('HIT');
	});

	it('gives the expired answer rather than the provider’s failure, where the request allows that', async () => {
		const request = chat({ cache: { ttl: 1, stale_if_error: 60 } });
		await ask(request);
		await wait(1100);
		emulator.failAll({ status: 500 });
		expect((await ask(request)).cache).toBe('STALE');
		expect((await ask({ ...request, cache: { ttl: 1 } })).status).toBe(502);
	});

	it('answers those who ask at the same time with one call', async () => {
		const request = chat();
		const release = emulator.hold();
		const asking = Array.from({ length: 8 }, () => ask(request));
		await emulator.whenCalled(1);
		await wait(100);
		release();
		const statuses = (await Promise.all(asking)).map(({ cache }) => cache);
		expect(emulator.calls()).toBe(1);
		expect(statuses.filter((status) => status === 'MISS')).toHaveLength(1);
		expect(statuses.filter((status) => status === 'COALESCED' || status === 'HIT')).toHaveLength(7);
	});
});

describe('a template over items', () => {
	it('is rendered for each, answered in order, and depends on what it read', async () => {
		const request = chat({ collection: 'articles', items: [1, 2], prompt: `${CANARY}: {{title}}` });
		const read = () => directus.data<BatchElement<GenerationAnswer>[]>('POST', '/ai-cache/generate', request);
		const statuses = async () => (await read()).map((each) => 'data' in each && each.data.cache.status);
		const texts = (await read()).map((each) => 'data' in each && each.data.text);
		expect(texts).toEqual([expect.stringContaining('Article 1'), expect.stringContaining('Article 2')]);
		await directus.data('PATCH', '/items/articles/1', { title: 'Article 1, renamed' });
		expect(await statuses()).toEqual(['MISS', 'HIT']);
		await directus.data('PATCH', '/items/articles/1', { body: 'Not read by the template.' });
		expect(await statuses()).toEqual(['HIT', 'HIT']);
	});

	it('answers the others where one of them is missing, and refuses the request where all are', async () => {
		const request = chat({ collection: 'articles', items: [1, 999, 2], prompt: `${CANARY}: {{title}}` });
		const answer = await directus.data<unknown[]>('POST', '/ai-cache/generate', request);
		expect(answer).toMatchObject([
			{ data: { cache: {} } },
			{ errors: [{ extensions: { code: 'AI_CACHE_NOT_FOUND', item: '999' } }] },
			{ data: { cache: {} } },
		]);
		const none = { ...request, items: [998, 999] };
		expect((await directus.api('POST', '/ai-cache/generate', none)).status).toBe(404);
	});
});

describe('a batch', () => {
	it('answers each element by itself, also beside a bad one', async () => {
		const good = chat();
		const answer = await directus.api<{ data: BatchElement<GenerationAnswer>[] }>('POST', '/ai-cache/generate', [
			good,
			{ ...chat(), temperature: 1 },
			chat(),
		]);
		expect(answer.status).toBe(200);
		expect(answer.body.data).toMatchObject([
			{ data: { cache: { status: 'MISS' } } },
			{ errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'temperature' } }] },
			{ data: { cache: { status: 'MISS' } } },
		]);
		expect(emulator.calls()).toBe(2);
		expect((await ask(good)).cache).toBe('HIT');
	});

	it.each(['generate', 'lookup', 'store'])('over the limit is refused whole by %s', async (route) => {
		const batch = Array.from({ length: BATCH_MAX + 1 }, () => chat());
		const answer = await directus.api('POST', `/ai-cache/${route}`, batch);
		expect(answer.status).toBe(400);
		expect(JSON.stringify(answer.body)).toContain('AI_CACHE_BATCH_MAX');
		expect(emulator.calls()).toBe(0);
	});
});

describe('storing and looking up', () => {
	it('gives back what was stored, to a look-up as to a generation, and calls nobody', async () => {
		const request = chat();
		const { data: before } = await lookup(request);
		const stored = await directus.data<{ stored: boolean; ttl: number }>('POST', '/ai-cache/store', {
			...request,
			text: 'Obtained elsewhere',
		});
		const { data: after } = await lookup(request);
		expect(before).toBeNull();
		expect(stored).toMatchObject({ stored: true });
		expect(after).toMatchObject({ text: 'Obtained elsewhere', cache: { status: 'HIT' } });
		expect((await ask(request)).data?.text).toBe('Obtained elsewhere');
		expect(emulator.calls()).toBe(0);
	});

	it('takes and finds batches, each element by itself', async () => {
		const [one, two, missing] = [chat(), chat(), chat()];
		const stored = await directus.data('POST', '/ai-cache/store', [
			{ ...one, text: 'one' },
			{ ...one, prompt: undefined, text: 'nothing was asked' },
			{ ...two, response: { error: { message: 'no answer' } } },
			{ ...two, text: 'two' },
		]);
		expect(stored).toMatchObject([
			{ data: { stored: true } },
			{ errors: [{ extensions: { field: 'prompt' } }] },
			{ errors: [{ extensions: { field: 'response' } }] },
			{ data: { stored: true } },
		]);
		const found = await directus.data('POST', '/ai-cache/lookup', [one, { provider: 'openai' }, missing, two]);
		expect(found).toMatchObject([
			{ data: { text: 'one' } },
			{ errors: [{ extensions: { field: 'model' } }] },
			{ data: null },
			{ data: { text: 'two' } },
		]);
	});

	it('does not keep an answer whose asked life is nothing', async () => {
		const request = { ...chat(), text: 'gone at once', cache: { ttl: 0 } };
		const stored = await directus.data('POST', '/ai-cache/store', request);
		expect(stored).toMatchObject({ stored: false, ttl: 0, not_stored: 'no_ttl' });
	});
});

describe('what was asked as a stream', () => {
	it('is warmed whole, and found by those who ask for it whole', async () => {
		const request = chat();
		const streamed = await fetch(`${directus.url}/ai-cache/generate`, {
			method: 'POST',
			headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' },
			body: JSON.stringify({ ...request, stream: true }),
		});
		const { data } = JSON.parse((await streamed.text()).split('data: ').at(-1)!) as { data: GenerationAnswer };
		// Only requests that were asked at least twice are candidates.
		expect((await ask(request)).cache).toBe('HIT');
		await directus.data('DELETE', `/ai-cache/entries/${data.cache.key}`);
		const candidates = () => directus.data<{ key: string }[]>('GET', '/ai-cache/warm/candidates?top=200');
		await expect.poll(async () => (await candidates()).map(({ key }) => key)).toContain(data.cache.key);
		const { id } = await directus.data<{ id: string }>('POST', '/ai-cache/warm', { top: 200 });
		const job = () => directus.data<WarmJob>('GET', `/ai-cache/warm/${id}`);
		await expect.poll(async () => (await job()).state, { timeout: 10_000 }).toBe('done');
		expect(await job()).toMatchObject({ failed: 0 });
		expect((await ask(request)).cache).toBe('HIT');
	});
});

describe('a generation under way', () => {
	it('is not kept when what it depends on is purged, nor given to those who ask after that', async () => {
		const request = chat({ tags: ['under-way'] });
		const release = emulator.hold();
		const before = ask(request);
		await emulator.whenCalled(1);
		await directus.data<InvalidationResult>('POST', '/ai-cache/invalidate', { tags: ['under-way'] });
		const after = ask(request);
		await wait(200);
		release();
		expect((await before).data?.cache).toMatchObject({ status: 'MISS', ttl: 0, not_stored: 'invalidated' });
		expect((await after).cache).toBe('MISS');
		expect((await ask(request)).data?.response).toEqual((await after).data?.response);
	});
});

describe('the log', () => {
	it('holds no prompt, no provider key and no token after all of this', () => {
		const log = directus.logs();
		expect(log).toContain('/ai-cache/generate');
		for (const secret of [CANARY, ADMIN.token, ...PROVIDERS.map(keyOf)]) expect(log).not.toContain(secret);
	});
});

async function lookup(request: object): Promise<{ data: GenerationAnswer | null }> {
	return { data: await directus.data<GenerationAnswer | null>('POST', '/ai-cache/lookup', request) };
}
