import { isUtf8 } from 'node:buffer';
import { setTimeout as wait } from 'node:timers/promises';

import Anthropic from '@anthropic-ai/sdk';
import AnthropicBeforeOne from 'anthropic-sdk-0';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Compatible, startCompatible } from './support/compatible.ts';
import type { Directus } from './support/directus.ts';
import { ADMIN } from './support/process.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

let compatible: Compatible;
let emulator: ProviderEmulator;
let directus: Directus;
let sdks: Sdks;
let prompts = 0;

beforeAll(async () => {
	compatible = await startCompatible({ MAX_PAYLOAD_SIZE: '64kb' });
	({ emulator, directus } = compatible);
	sdks = sdksOf(directus.url, ADMIN.token);
});
afterAll(() => compatible.stop());
beforeEach(() => {
	emulator.reset();
	sdks.reset();
});

const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: `question ${++prompts}` }] });

describe('directives as headers', () => {
	const create = (request: ReturnType<typeof ask>, headers: Record<string, string>) =>
		sdks.openai.chat.completions.create(request, { headers });

	it.each([
		['no-cache', 'REFRESH'],
		['no-store', 'BYPASS'],
		['max-age=3600', 'HIT'],
	])('Cache-Control: %s answers a stored request with %s', async (value, status) => {
		const request = ask();
		await create(request, {});
		await create(request, { 'cache-control': value });
		expect(sdks.statuses).toEqual(['MISS', status]);
	});

	it('only-if-cached answers 504 where nothing is stored, and asks nobody', async () => {
		const asked = create(ask(), { 'cache-control': 'only-if-cached' });
		await expect(asked).rejects.toMatchObject({ status: 504, code: 'AI_CACHE_NOT_CACHED' });
		expect(emulator.calls()).toBe(0);
	});

	it('only-if-cached says so in its headers where nothing is stored', async () => {
		await create(ask(), { 'cache-control': 'only-if-cached' }).catch(() => {});
		expect(sdks.statuses).toEqual(['MISS']);
		expect(sdks.lastHeaders().get('cache-status')).toBe('ai-cache; detail=only-if-cached');
		expect(sdks.lastHeaders().get('age')).toBeNull();
	});

	it.each([
		[{}, 'MISS', /^ai-cache; key="[^"]+"; fwd=uri-miss; fwd-status=429$/],
		[{ 'cache-control': 'no-cache' }, 'REFRESH', /^ai-cache; key="[^"]+"; fwd=request; fwd-status=429$/],
		[{ 'cache-control': 'no-store' }, 'BYPASS', /^ai-cache; key="[^"]+"; fwd=bypass; fwd-status=429$/],
	])('a provider’s error says in its headers how it came about: %s', async (headers, status, cacheStatus) => {
		emulator.failNext({ status: 429 });
		await expect(create(ask(), headers)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
		expect(sdks.statuses).toEqual([status]);
		expect(sdks.lastHeaders().get('cache-status')).toMatch(cacheStatus);
	});

	it('stale-if-error gives what expired, with its age and a ttl below zero', async () => {
		const request = ask();
		await create(request, { 'x-ai-cache-ttl': '1' });
		await wait(2100);
		emulator.failNext({ status: 500 });
		await create(request, { 'x-ai-cache-ttl': '1', 'cache-control': 'stale-if-error=60' });
		expect(sdks.statuses).toEqual(['MISS', 'STALE']);
		expect(sdks.lastHeaders().get('cache-status')).toMatch(/^ai-cache; hit; ttl=-\d+; key="[^"]+"$/);
		expect(Number(sdks.lastHeaders().get('age'))).toBeGreaterThanOrEqual(2);
	});

	it('bind an entry to content and bound its life', async () => {
		const request = ask();
		const headers = { 'x-ai-cache-collection': 'articles', 'x-ai-cache-items': '1, 2', 'x-ai-cache-ttl': '60' };
		await create(request, headers);
		await create(request, headers);
		expect(sdks.lastHeaders().get('cache-status')).toMatch(/ttl=(60|59|58);/);
		await directus.data('PATCH', '/items/articles/3', { title: 'Another' });
		await create(request, headers);
		await directus.data('PATCH', '/items/articles/2', { title: 'Another' });
		await create(request, headers);
		expect(sdks.statuses).toEqual(['MISS', 'HIT', 'HIT', 'MISS']);
	});

	it.each([
		['x-ai-cache-ttl', 'soon', 'X-AI-Cache-TTL'],
		['x-ai-cache-scope', 'everyone', 'X-AI-Cache-Scope'],
		['x-ai-cache-items', '1', 'X-AI-Cache-Items'],
		['x-ai-cache-flavour', '1', 'x-ai-cache-flavour'],
		['cache-control', 'max-age=soon', 'Cache-Control'],
	])('a wrong %s: %s is refused by name', async (name, value, shown) => {
		const refused = create(ask(), { [name]: value });
		await expect(refused).rejects.toThrow(shown);
		await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
		expect(emulator.calls()).toBe(0);
	});
});

describe('what is refused', () => {
	it('is a wrong token, with the authentication error of each SDK', async () => {
		const wrong = sdksOf(directus.url, 'not-a-token');
		const claude = { ...ask(), max_tokens: 9 };
		await expect(wrong.openai.chat.completions.create(ask())).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
		await expect(wrong.deepseek.chat.completions.create(ask())).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
		await expect(wrong.anthropic.messages.create(claude)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
		await expect(wrong.anthropicBeforeOne.messages.create(claude)).rejects.toBeInstanceOf(
			AnthropicBeforeOne.AuthenticationError,
		);
		await expect(wrong.mistral.chat.complete(ask())).rejects.toMatchObject({ statusCode: 401 });
		expect(emulator.calls()).toBe(0);
	});

	const post = (path: string, body: string, token: string | null = ADMIN.token) =>
		fetch(`${directus.url}/ai-cache${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
			body,
		});

	it.each([
		['/openai/v1/chat/completions', { error: { type: 'invalid_request_error' } }],
		['/anthropic/v1/messages', { type: 'error', error: { type: 'invalid_request_error' } }],
		['/mistral/v1/embeddings', { object: 'error', type: 'invalid_request_error' }],
		['/deepseek/chat/completions', { error: { type: 'invalid_request_error' } }],
	])('is malformed JSON to %s, in the provider’s shape', async (path, shape) => {
		const response = await post(path, '{"model": ');
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject(shape);
	});

	it.each([
		['a list', 'application/json', '[]'],
		['said to be text', 'text/plain', '{"model":"gpt-4o"}'],
	])('is a body that is %s, in the provider’s shape', async (_, type, body) => {
		const response = await fetch(`${directus.url}/ai-cache/openai/v1/chat/completions`, {
			method: 'POST',
			headers: { 'content-type': type, authorization: `Bearer ${ADMIN.token}` },
			body,
		});
		expect(response.status).toBe(400);
		const { error } = (await response.json()) as { error: { type: string; message: string } };
		expect(error.type).toBe('invalid_request_error');
		expect(error.message).toMatch(/^The body must be (a JSON object|JSON, sent as application\/json)$/);
	});

	it('is a body over Directus’ limit', async () => {
		const response = await post('/anthropic/v1/messages', JSON.stringify({ model: 'x', text: 'x'.repeat(70_000) }));
		expect(response.status).toBe(413);
		expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } });
	});

	it('is a path that the provider’s SDK does not know here', async () => {
		const response = await post('/openai/v1/images/generations', '{}');
		expect(response.status).toBe(404);
		expect(await response.json()).toMatchObject({ error: { type: 'not_found_error' } });
	});

	it('is the public', async () => {
		const response = await post('/openai/v1/chat/completions', JSON.stringify(ask()), null);
		expect(response.status).toBe(403);
		expect(await response.json()).toMatchObject({ error: { type: 'permission_error' } });
	});

	it('is a request without a model, by name', async () => {
		const response = await post('/openai/v1/chat/completions', '{"messages": []}');
		expect(response.status).toBe(400);
		expect(((await response.json()) as { error: { message: string } }).error.message).toContain('model');
	});
});

/** RFC 2152: letters, digits and `+/-` alone. */
const inUtf7 = (text: string): string =>
	`+${Buffer.from(text, 'utf16le').swap16().toString('base64').replaceAll('=', '')}-`;

describe('a body that can be read in two ways', () => {
	it.each([
		['with a member twice', 'utf-8', (mine: string, other: string) => `"messages":${other},"messages":${mine}`],
		[
			'in UTF-7, of which others read a part as one text',
			'utf-7',
			(mine: string, other: string) => `"messages":${other},"user":"${inUtf7(`","messages":${mine},"user":"`)}"`,
		],
	])(
		'reaches the provider as the cache reads it, %s, so that nobody is given another’s answer',
		async (_, charset, members) => {
			const say = (content: string) => JSON.stringify([{ role: 'user', content }]);
			const [mine, other] = [`question ${++prompts}`, `question ${++prompts}`];
			const send = (type: string, body: string) =>
				fetch(`${directus.url}/ai-cache/openai/v1/chat/completions`, {
					method: 'POST',
					headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': type },
					body,
				});
			const odd = await send(
				`application/json; charset=${charset}`,
				`{"model":"gpt-4o-mini",${members(say(mine), say(other))}}`,
			);
			expect(odd.status).toBe(200);
			const plain = await send('application/json', `{"model":"gpt-4o-mini","messages":${say(mine)}}`);
			expect(plain.headers.get('x-ai-cache')).toBe('HIT');
			expect(await plain.text()).toContain(mine);
			expect(emulator.requests.at(-1)?.rawBody.toString()).not.toContain(other);
		},
	);

	it('reaches the provider in UTF-8, also where it came in none', async () => {
		const body = Buffer.from(
			JSON.stringify({ ...ask(), user: 'x', messages: [{ role: 'user', content: 'Größe' }] }),
			'latin1',
		);
		expect(isUtf8(body)).toBe(false);
		const response = await fetch(`${directus.url}/ai-cache/openai/v1/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' },
			body,
		});
		expect(response.status).toBe(200);
		expect(isUtf8(emulator.requests.at(-1)!.rawBody)).toBe(true);
	});
});
