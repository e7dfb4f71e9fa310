import { describe, expect, it } from 'vitest';

import type { GenerationRequest, JsonObject, Operation, Provider } from '../../../src/shared/api-types.ts';
import { type Caller, callerOf } from '../../../src/services/access/caller.ts';
import { type Exchange, Exchanges } from '../../../src/services/generation/provider-request.ts';
import { parseGeneration } from '../../../src/services/validation/generation-schema.ts';
import { readSettings } from '../../../src/services/config/settings.ts';

const versions = new Map<string, number>();
const models = { version: (provider: Provider, model: string) => versions.get(`${provider}/${model}`) ?? 1 };
const COLLECTIONS = '{"pages":{"scope":"user","content_type":"static","ttl_factor":2},"drafts":{"enabled":false}}';

const exchangesOf = (environment: object = {}): Exchanges =>
	new Exchanges(readSettings({ AI_CACHE_COLLECTIONS: COLLECTIONS, ...environment }).values, models);
const exchanges = exchangesOf();

const user = (id: string, role = 'editor'): Caller => ({ ...callerOf(null), admin: false, user: id, role });

function native(request: Partial<GenerationRequest> = {}, caller = user('u1'), from = exchanges): Exchange {
	const whole: GenerationRequest = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello', ...request };
	return from.native(whole, whole, [], caller);
}

function spoken(
	provider: Provider,
	operation: Operation,
	body: JsonObject,
	headers = {},
	text = JSON.stringify(body),
): Exchange {
	return exchanges.create({
		provider,
		operation,
		body,
		headers,
		rawBody: Buffer.from(text),
		caller: user('u2'),
		native: null,
		collection: null,
		dependencies: { content: [], tags: [] },
		directives: {},
		contentType: null,
		confidence: null,
	});
}

describe('the key', () => {
	it.each([
		['openai', 'gpt-4o', 'chat'],
		['mistral', 'mistral-small-latest', 'chat'],
		['deepseek', 'deepseek-chat', 'chat'],
	] as const)('of a native request is that of the same request through %s’s SDK', (provider, model, operation) => {
		const messages = [
			{ role: 'system', content: 'Be brief.' },
			{ role: 'user', content: 'Hello' },
		];
		const own = native({ provider, model, system: 'Be brief.', params: { temperature: 0 } });
		expect(spoken(provider, operation, { temperature: 0, messages, model }).key).toBe(own.key);
		expect(spoken(provider, operation, { model, messages, temperature: 0, stream: true }).key).toBe(own.key);
	});

	it('of a native request is that of the same one through Anthropic’s SDK', () => {
		const own = native({ provider: 'anthropic', model: 'claude-haiku-4-5', params: { max_tokens: 100 } });
		const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };
		expect(spoken('anthropic', 'messages', body, { 'anthropic-version': '2023-06-01' }).key).toBe(own.key);
		expect(spoken('anthropic', 'messages', body, { 'anthropic-beta': 'some-beta' }).key).not.toBe(own.key);
		const betas = (list: string): Exchange => spoken('anthropic', 'messages', body, { 'anthropic-beta': list });
		expect(betas('b, a').key).toBe(betas('a,b').key);
		expect(betas('b, a').headers['anthropic-beta']).toBe('b, a');
		expect(betas('a').key).not.toBe(betas('a,b').key);
		for (const name of ['anthropic-workspace-id', 'anthropic-user-profile-id'])
			expect(spoken('anthropic', 'messages', body, { [name]: 'x' }).key).not.toBe(own.key);
	});

	describe('of the caller’s own bytes', () => {
		const raw = (provider: Provider, text: string): Exchange =>
			spoken(provider, provider === 'anthropic' ? 'messages' : 'chat', JSON.parse(text) as JsonObject, {}, text);
		const seeded = (seed: string): Exchange => raw('openai', `{"model":"m","messages":[],"seed":${seed}}`);
		const called = (id: string): Exchange =>
			raw('anthropic', `{"model":"m","messages":[{"content":[{"type":"tool_use","input":{"id":${id}}}]}]}`);

		it('is another for whole numbers that are the same once they are parsed', () => {
			expect(seeded('9007199254740993').key).not.toBe(seeded('9007199254740992').key);
			expect(called('1234567890123456789').key).not.toBe(called('1234567890123456788').key);
			expect(called('-1234567890123456789').key).not.toBe(called('1234567890123456789').key);
			expect(called('1e400').key).not.toBe(called('-1e400').key);
		});

		it('is the same for equal numbers, wherever they stand and however the answer is delivered', () => {
			const text = '{ "stream": true, "seed": 9007199254740993, "messages": [], "model": "m" }';
			expect(raw('openai', text).key).toBe(seeded('9007199254740993').key);
			expect(seeded('9007199254740991').key).toBe(
				raw('openai', '{"seed":9007199254740991,"messages":[],"model":"m"}').key,
			);
		});

		it('is that of their numbers’ places', () => {
			const pair = (one: string, other: string): string => `{"model":"m","messages":[],"a":${one},"b":${other}}`;
			const [low, high] = ['9007199254740992', '9007199254740993'];
			expect(raw('openai', pair(low, high)).key).not.toBe(raw('openai', pair(high, low)).key);
			expect(raw('openai', `{"model":"m","messages":[],"b":${low},"a":${high}}`).key).toBe(
				raw('openai', pair(high, low)).key,
			);
		});

		it('does not heed digits in texts, a byte order mark, or the bytes of anything that is all in the body', () => {
			const text = '{"model":"m","messages":[{"role":"user","content":"9007199254740993 \\" 0.3000000000000000444"}]}';
			const body = JSON.parse(text) as JsonObject;
			expect(raw('openai', text).key).toBe(spoken('openai', 'chat', body).key);
			expect(raw('openai', text).exact).toBe(true);
			expect(spoken('openai', 'chat', body, {}, `\uFEFF${text}`).key).toBe(spoken('openai', 'chat', body).key);
			expect(seeded('9007199254740993').exact).toBe(false);
		});
	});

	it('is the same for all callers, but for those that a scope keeps apart', () => {
		const keyOf = (scope: 'shared' | 'role' | 'user', caller: Caller) => native({ cache: { scope } }, caller).key;
		expect(keyOf('shared', user('u1'))).toBe(keyOf('shared', user('u2', 'author')));
		expect(keyOf('role', user('u1'))).toBe(keyOf('role', user('u2')));
		expect(keyOf('role', user('u1'))).not.toBe(keyOf('role', user('u1', 'author')));
		expect(keyOf('user', user('u1'))).not.toBe(keyOf('user', user('u2')));
		const kinds = [keyOf('shared', user('x', 'x')), keyOf('role', user('x', 'x')), keyOf('user', user('x', 'x'))];
		expect(new Set(kinds).size).toBe(3);
	});

	it.each([
		['the prompt', { prompt: 'Hello!' }],
		['the system text', { system: 'Be brief.' }],
		['a parameter', { params: { temperature: 0 } }],
		['a parameter that nobody knows', { params: { brand_new: true } }],
		['the model', { model: 'gpt-4o-mini' }],
		['the provider', { provider: 'mistral' as const }],
	])('is another with %s', (_, more) => {
		expect(native(more).key).not.toBe(native().key);
	});

	it('is the same whatever the request says of caching alone', () => {
		const more = { tags: ['news'], content_type: 'static', confidence: 0.5, cache: { ttl: 5, max_age: 1 } } as const;
		expect(native({ ...more, tags: [...more.tags] }).key).toBe(native().key);
	});

	it('is another for another upstream, and for a raised version of the model', () => {
		const elsewhere = exchangesOf({ AI_CACHE_OPENAI_BASE_URL: 'https://gateway.example/v1' });
		const slash = exchangesOf({ AI_CACHE_OPENAI_BASE_URL: 'https://api.openai.com/v1/' });
		const { key } = native();
		expect(native({}, user('u1'), elsewhere).key).not.toBe(key);
		expect(native({}, user('u1'), slash).key).toBe(key);
		versions.set('openai/gpt-4o', 2);
		expect(native().key).not.toBe(key);
		versions.clear();
		expect(native().key).toBe(key);
	});

	it('holds nothing of the prompt', () => {
		expect(native({ prompt: 'periwinkle' }).key).toMatch(/^openai:gpt-4o:[\w-]{43}$/);
	});
});

describe('a collection’s settings', () => {
	it('hold where the request says nothing itself', () => {
		expect(native({ collection: 'pages' })).toMatchObject({ scope: 'user', contentType: 'static', ttlFactor: 2 });
		const own = native({ collection: 'pages', content_type: 'critical', cache: { scope: 'role' } });
		expect(own).toMatchObject({ scope: 'role', contentType: 'critical', ttlFactor: 2 });
		expect(native({ collection: 'articles' })).toMatchObject({
			scope: 'shared',
			contentType: 'standard',
			ttlFactor: 1,
		});
	});

	it('may keep it out of the cache', () => {
		expect(native({ collection: 'drafts' }).uncacheable).toBe('collection_off');
		expect(native({ collection: 'articles' }).uncacheable).toBeNull();
	});
});

describe('a request that cannot be cached', () => {
	it.each(['1', '12345678901234567890'])('because it is nested too deeply is refused, with %s in it', (number) => {
		const text = `{"model":"m","messages":${'['.repeat(20_000)}${number}${']'.repeat(20_000)}}`;
		const refused = expect.objectContaining({ status: 400, message: 'The body is nested too deeply' }) as Error;
		expect(() => spoken('openai', 'chat', JSON.parse(text) as JsonObject, {}, text)).toThrow(refused);
		expect(() => parseGeneration({ ...(JSON.parse(text) as JsonObject), provider: 'openai' })).toThrow(refused);
	});

	it('because its provider keeps state says why', () => {
		const body = { model: 'gpt-4o', input: 'And then?', previous_response_id: 'resp_1' };
		expect(spoken('openai', 'responses', body).uncacheable).toEqual(expect.any(String));
	});

	it('because it names more fields of items than could be counted is refused at once', () => {
		const names = (length: number): string[] => Array.from({ length }, (_, index) => `n${index}`);
		const content = names(100).map((collection) => ({ collection, items: names(1000), fields: names(200) }));
		const request: GenerationRequest = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello', depends_on: [] };
		const started = performance.now();
		for (const given of [content, Array.from({ length: 10_000 }, () => ({ ...content[0]!, items: names(40) }))])
			expect(() => exchanges.native(request, request, given, user('u1'))).toThrow('more than 10000 things');
		expect(performance.now() - started).toBeLessThan(5000);
	});

	it('because it names no model, or depends on too much, is refused', () => {
		const refusal = (field: string): unknown =>
			expect.objectContaining({ extensions: expect.objectContaining({ field }) as unknown });
		expect(() => spoken('openai', 'chat', { messages: [] })).toThrow(refusal('model'));
		expect(() => spoken('openai', 'chat', { model: 'm'.repeat(257), messages: [] })).toThrow(refusal('model'));
		expect(spoken('openai', 'chat', { model: 'm'.repeat(256), messages: [] }).model).toHaveLength(256);
		const content = Array.from({ length: 100 }, (_, collection) => ({
			collection: `c${collection}`,
			items: Array.from({ length: 101 }, (__, item) => String(item)),
		}));
		const request: GenerationRequest = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello', collection: 'c' };
		const sameAgain = Array.from({ length: 20 }, () => content[0]!);
		expect(exchanges.native(request, request, sameAgain, user('u1')).tags).toHaveLength(3 + 1 + 101 + 1);
		for (const [more, field] of [
			[{ depends_on: [] }, 'depends_on'],
			[{ items: [1] }, 'items'],
			[{ item: 1 }, 'collection'],
		] as const) {
			const whole: GenerationRequest = { ...request, ...more } as GenerationRequest;
			expect(() => exchanges.native(whole, whole, content, user('u1'))).toThrow(refusal(field));
		}
	});

	it('does not count a thousand items as too much', () => {
		const items = Array.from({ length: 1000 }, (_, item) => String(item));
		const content = [{ collection: 'articles', items, fields: ['title', 'body', 'author', 'date', 'status'] }];
		const whole: GenerationRequest = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello' };
		expect(exchanges.native(whole, whole, content, user('u1')).tags.length).toBeGreaterThan(5000);
	});
});
