import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type JsonObject, type Provider, PROVIDERS } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { streamText, type WholeFixture, wholeFixtures } from '../providers/support/fixtures.ts';
import { readMistralChunks } from '../providers/support/mistral-chunks.ts';
import { type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { ADMIN } from './support/process.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

let provider: RawProvider;
let directus: Directus;
let sdks: Sdks;
let requests = 0;

beforeAll(async () => {
	provider = await startRawProvider();
	const env = { ...rawProviderEnvironment(provider.url), AI_CACHE_WEB_SEARCH_TTL: '1h' };
	directus = await startDirectus({ env, database: 'empty' });
	sdks = sdksOf(directus.url, ADMIN.token);
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => {
	provider.reset();
	sdks.reset();
});

/** Answers as the recording does, streaming or whole as it is asked. */
function play(fixture: WholeFixture): void {
	provider.answer((request) =>
		jsonBody(request)['stream'] === true
			? { headers: { 'content-type': 'text/event-stream' }, body: streamText(fixture) }
			: { body: JSON.stringify(fixture.body) },
	);
}

type Ask = (fixture: WholeFixture, parameters: JsonObject) => Promise<unknown>;

const askStreaming: Record<Provider, Ask> = {
	openai: ({ operation }, parameters) =>
		operation === 'responses'
			? sdks.openai.responses.stream(parameters as never).finalResponse()
			: sdks.openai.chat.completions.stream(parameters as never).finalChatCompletion(),
	deepseek: (_fixture, parameters) => sdks.deepseek.chat.completions.stream(parameters as never).finalChatCompletion(),
	anthropic: (_fixture, parameters) => sdks.anthropic.messages.stream(parameters as never).finalMessage(),
	mistral: async (_fixture, parameters) => readMistralChunks(await sdks.mistral.chat.stream(parameters as never)),
};

const askWhole: Record<Provider, Ask> = {
	openai: ({ operation }, parameters) =>
		operation === 'responses'
			? sdks.openai.responses.create(parameters as never)
			: sdks.openai.chat.completions.create(parameters as never),
	deepseek: (_fixture, parameters) => sdks.deepseek.chat.completions.create(parameters as never),
	anthropic: (_fixture, parameters) => sdks.anthropic.messages.create(parameters as never),
	mistral: (_fixture, parameters) => sdks.mistral.chat.complete(parameters as never),
};

/** The recording's request with something that keeps its entry apart, and without what the SDK's method says. */
function parametersOf({ request }: WholeFixture): JsonObject {
	const { stream: _, ...parameters } = structuredClone(request);
	// Anthropic's SDK warns of models that it knows to be of the past.
	const model = JSON.stringify(parameters['model']).startsWith('"claude') ? { model: 'claude-of-today' } : {};
	return { ...parameters, ...model, temperature: 0.5 + ++requests / 10_000 };
}

/** As the SDK's user sees it; padding against eavesdroppers is different in each stream. */
const plain = (value: unknown): unknown =>
	JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name === 'obfuscation' ? undefined : inner)));

const stored = (name: Provider): WholeFixture[] =>
	wholeFixtures(name).filter(
		({ operation, request, body }) => dialects[name].admit(operation, request, body, { storeTruncated: false }).store,
	);

describe.each(PROVIDERS)('what %s was recorded to answer', (name) => {
	it.each(stored(name))('is the same from a stream, from its replay and as JSON: $name', async (fixture) => {
		play(fixture);
		const parameters = parametersOf(fixture);
		const miss = plain(await askStreaming[name](fixture, parameters));
		const streamHit = plain(await askStreaming[name](fixture, parameters));
		const jsonHit = plain(await askWhole[name](fixture, parameters));
		expect(sdks.statuses).toEqual(['MISS', 'HIT', 'HIT']);
		expect(provider.requests).toHaveLength(1);
		expect(streamHit).toEqual(miss);

		const others = parametersOf(fixture);
		const jsonMiss = plain(await askWhole[name](fixture, others));
		expect(plain(await askWhole[name](fixture, others))).toEqual(jsonMiss);
		expect(plain(await askStreaming[name](fixture, others))).toEqual(miss);
		expect(sdks.statuses.slice(3)).toEqual(['MISS', 'HIT', 'HIT']);
		expect(provider.requests).toHaveLength(2);
		expect(jsonHit).toEqual(jsonMiss);
	});
});

const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: `question ${++requests}` }] });

describe('a provider that answers a whole request with', () => {
	it('an error of its own passes that on with its status and useful headers', async () => {
		const error = { error: { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded', param: null } };
		const headers = { 'content-type': 'application/json', 'retry-after': '7', 'x-request-id': 'req_1' };
		provider.answer({ status: 429, headers, body: JSON.stringify(error) });
		const asked = sdks.openai.chat.completions.create(ask());
		await expect(asked).rejects.toBeInstanceOf(OpenAI.RateLimitError);
		await expect(asked).rejects.toMatchObject({ ...error, requestID: 'req_1' });
		expect(sdks.lastHeaders().get('retry-after')).toBe('7');
	});

	it('a refusal that repeats the key does not pass the key on', async () => {
		provider.answer((request) => ({
			status: 401,
			body: JSON.stringify({ error: { message: `Refused: ${request.headers['authorization']}` } }),
		}));
		const text = await (await postTo(directus, '/openai/v1/chat/completions', ask())).text();
		expect(text).toContain('Refused');
		expect(text).not.toContain('sk-emulated');
	});

	it('useful headers passes them on, and names the first request again with a hit', async () => {
		provider.answer((request) => ({
			headers: {
				'content-type': 'application/json',
				'x-request-id': 'req_2',
				'x-ratelimit-remaining-requests': '9',
				'set-cookie': 'a=b',
			},
			body: JSON.stringify({
				object: 'chat.completion',
				model: jsonBody(request)['model'],
				choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
			}),
		}));
		const request = ask();
		const miss = await sdks.openai.chat.completions.create(request);
		expect(sdks.lastHeaders().get('x-ratelimit-remaining-requests')).toBe('9');
		expect(sdks.lastHeaders().get('set-cookie')).toBeNull();
		const hit = await sdks.openai.chat.completions.create(request);
		expect([miss._request_id, hit._request_id]).toEqual(['req_2', 'req_2']);
	});
});
