import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { PROVIDERS } from '../../src/shared/api-types.ts';
import { keyOf, type ProviderEmulator } from '../support/provider-emulator.ts';
import type { Directus } from './support/directus.ts';
import { type Ask, statsOf } from './support/generations.ts';
import { logLines } from './support/log.ts';
import { ADMIN } from './support/process.ts';
import { newChats, type Served, serve } from './support/test-server.ts';

/** A word of every prompt here, to be looked for where no prompt may be. */
const CANARY = 'periwinkle';

let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;

const chat = newChats(CANARY);

beforeAll(async () => {
	served = await serve({ AI_CACHE_UPSTREAM_RETRIES: '0', AI_CACHE_UPSTREAM_TIMEOUT: '1500ms' });
	({ emulator, directus, ask } = served);
});
afterAll(() => served.stop());
beforeEach(() => emulator.reset());

describe('a provider’s failure', () => {
	it.each([
		['a server error', { status: 500, message: 'It broke' }, 502, 'AI_CACHE_PROVIDER_FAILED', 'status 500: It broke'],
		['a refused key', { status: 401, message: `Wrong key ${keyOf('openai')}` }, 502, 'AI_CACHE_PROVIDER_FAILED', '401'],
		['broken connections', 'reset', 502, 'AI_CACHE_PROVIDER_FAILED', 'openai failed'],
		['half a document', 'half-json', 502, 'AI_CACHE_PROVIDER_FAILED', 'no JSON'],
		['an error page', 'html', 502, 'AI_CACHE_PROVIDER_FAILED', 'no JSON'],
		['silence', 'hang', 504, 'AI_CACHE_PROVIDER_TIMEOUT', 'in time'],
	] as const)(
		'(%s) is reported as the gateway’s, without the key, and not kept',
		async (_, failure, status, code, says) => {
			const request = chat();
			emulator.failAll(failure);
			const answer = await ask(request);
			expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([status, code]);
			expect(answer.errors[0]?.message).toContain(says);
			expect(JSON.stringify(answer.errors)).not.toContain(keyOf('openai'));
			expect(await directus.data('POST', '/ai-cache/lookup', request)).toBeNull();
		},
	);

	it('of too many requests is passed on with the time to wait', async () => {
		emulator.failNext({ status: 429, headers: { 'retry-after': '7' } });
		const answer = await ask(chat());
		expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
		expect(answer.errors[0]?.extensions).toMatchObject({ code: 'AI_CACHE_PROVIDER_RATE_LIMITED', retry_after: '7' });
	});
});

describe('bad input', () => {
	it.each(['generate', 'lookup', 'store', 'invalidate', 'warm'])(
		'that is not said to be JSON is told so by /%s, not that its fields are missing',
		async (route) => {
			const answer = await fetch(`${directus.url}/ai-cache/${route}`, {
				method: 'POST',
				headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/x-www-form-urlencoded' },
				body: JSON.stringify(chat()),
			});
			const { errors } = (await answer.json()) as { errors: { message: string }[] };
			expect([answer.status, errors[0]?.message]).toEqual([400, 'The body must be JSON, sent as application/json']);
		},
	);

	it.each([
		['an unknown provider', { provider: 'acme' }, 'provider'],
		['no model', { model: undefined }, 'model'],
		['neither prompt nor messages', { prompt: undefined }, 'prompt'],
		['both prompt and messages', { messages: [{ role: 'user', content: 'Hi' }] }, 'messages'],
		['an unknown field', { temperature: 1 }, 'temperature'],
		['an unknown directive', { cache: { max_stale: 1 } }, 'cache.max_stale'],
		['a wrong type', { tags: 'one' }, 'tags'],
		['an item without its collection', { item: 1 }, 'item'],
		['a collection that is not there', { collection: 'nowhere', item: 1, prompt: '{{title}}' }, 'collection'],
	])('(%s) is refused by its field’s name; nobody is called, nothing counted', async (_, more, field) => {
		const before = await statsOf(directus);
		const answer = await ask(chat(more));
		const after = await statsOf(directus);
		expect(answer.status).toBe(400);
		expect(answer.errors[0]?.extensions.field).toBe(field);
		expect(answer.errors[0]?.message).toMatch(new RegExp(field.split('.').at(-1)!, 'i'));
		expect(emulator.calls()).toBe(0);
		expect(after.overall.lookups).toBe(before.overall.lookups);
	});

	it('(a body over Directus’ own limit) is refused', async () => {
		const answer = await ask(chat({ prompt: 'x'.repeat(1_100_000) }));
		expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, 'INVALID_PAYLOAD']);
	});

	it('(no criteria) does not purge everything', async () => {
		const answer = await directus.api('POST', '/ai-cache/invalidate', {});
		expect(answer.status).toBe(400);
		expect(JSON.stringify(answer.body)).toContain('"field":"all"');
	});
});

describe('a caller who leaves', () => {
	it('ends the call to the provider, and leaves no error in the log', async () => {
		emulator.hold();
		const leaving = new AbortController();
		const asking = fetch(`${directus.url}/ai-cache/generate`, {
			method: 'POST',
			headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' },
			body: JSON.stringify(chat()),
			signal: leaving.signal,
		});
		await emulator.whenCalled(1);
		leaving.abort();
		await expect(asking).rejects.toThrow();
		await expect.poll(() => emulator.requests[0]?.aborted, { timeout: 5000 }).toBe(true);
		// Whatever the request still had to say is in the log before the next one's answer.
		await directus.data('GET', '/ai-cache/health');
		expect(logLines(directus.logs()).filter(({ level }) => level >= 50)).toEqual([]);
	});
});

describe('the log', () => {
	it('holds no prompt, no provider key and no token after all of this', () => {
		const log = directus.logs();
		expect(log).toContain('/ai-cache/generate');
		for (const secret of [CANARY, ADMIN.token, ...PROVIDERS.map(keyOf)]) expect(log).not.toContain(secret);
	});
});
