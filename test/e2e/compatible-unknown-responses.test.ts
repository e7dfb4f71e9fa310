import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventSteps, type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { chatChunk } from './support/chat-stream.ts';
import { isStoredIn, postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { ADMIN } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

const PATH = '/openai/v1/chat/completions';
const JSON_HEADERS = { 'content-type': 'application/json' };

let provider: RawProvider;
let directus: Directus;
let sdks: Sdks;
let prompts = 0;

beforeAll(async () => {
	provider = await startRawProvider();
	directus = await startDirectus({ database: 'empty', env: rawProviderEnvironment(provider.url) });
	sdks = sdksOf(directus.url, ADMIN.token);
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => provider.reset());

const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: `question ${++prompts}` }] });
const answerWith = (body: object): void => provider.answer({ headers: JSON_HEADERS, body: JSON.stringify(body) });

describe('a provider that answers with 200 and', () => {
	it('an error lets the SDK raise it with the provider’s message', async () => {
		for (const body of [
			{ error: { message: 'No such deployment' } },
			{ type: 'error', message: 'No such deployment' },
		]) {
			answerWith(body);
			const asked = sdks.openai.chat.completions.create(ask());
			await expect(asked).rejects.toMatchObject({ status: 502, error: { type: 'server_error' } });
			await expect(asked).rejects.toThrow('No such deployment');
		}
	});

	it.each<[string, object, Record<string, string>]>([
		['no choices, but why', { object: 'chat.completion', choices: [], prompt_filter_results: [{ severity: 1 }] }, {}],
		['JSON that nobody knows', { object: 'chat.completion.of.tomorrow', items: [1, { two: null }] }, {}],
		['the same past the cache', { object: 'chat.completion.of.tomorrow' }, { 'cache-control': 'no-store' }],
	])('%s has it passed on as it came, and not stored', async (_what, body, headers) => {
		for (const stream of [false, true]) {
			const request = ask();
			answerWith(body);
			const response = await postTo(directus, PATH, { ...request, stream }, { headers });
			expect([response.status, await response.json()]).toEqual([200, body]);
			expect(response.headers.get('cache-status')).not.toContain('stored');
			expect(await isStoredIn(directus, PATH, request)).toBe(false);
		}
	});

	it('JSON that nobody knows is an error on the native route', async () => {
		answerWith({ object: 'chat.completion.of.tomorrow' });
		const response = await postTo(directus, '/generate', { provider: 'openai', model: 'gpt-4o-mini', prompt: 'Hi' });
		expect(response.status).toBe(502);
	});

	it('a response that failed lets the SDK read why', async () => {
		const failed = { object: 'response', status: 'failed', error: { code: 'server_error', message: 'No' }, output: [] };
		answerWith(failed);
		const asked = await sdks.openai.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
		expect(asked).toMatchObject({ status: 'failed', error: failed.error });
	});
});

it('a redirection is an error that says so, and is not passed on', async () => {
	provider.answer({ status: 307, headers: { location: 'http://127.0.0.1:1/' }, body: '' });
	for (const stream of [false, true]) {
		const response = await postTo(directus, PATH, { ...ask(), stream });
		expect([response.status, response.headers.get('location')]).toEqual([502, null]);
		expect(await response.text()).toContain('status 307');
	}
});

it('what Anthropic’s beta client adds to the address reaches the provider', async () => {
	answerWith({});
	await postTo(directus, '/anthropic/v1/messages?beta=true', { model: 'm', max_tokens: 1, messages: [] });
	expect(provider.requests.at(-1)?.path).toBe('/anthropic/v1/messages?beta=true');
});

describe('good answers in a wrong wrapper:', () => {
	const events = [chatChunk({ role: 'assistant', content: 'Hello' }), chatChunk({}, 'stop'), '[DONE]'];

	it('events under the type of JSON are a stream to the SDK, and are stored', async () => {
		provider.answer({ headers: JSON_HEADERS, body: eventSteps(events) });
		const request = ask();
		let text = '';
		for await (const { choices } of await sdks.openai.chat.completions.create({ ...request, stream: true }))
			text += choices[0]?.delta.content ?? '';
		expect(text).toBe('Hello');
		expect(sdks.lastHeaders().get('content-type')).toContain('text/event-stream');
		expect(await isStoredIn(directus, PATH, request)).toBe(true);
	});

	it('events that nobody asked for are an answer to the SDK, and are stored', async () => {
		provider.answer({ headers: { 'content-type': 'text/event-stream' }, body: eventSteps(events) });
		const request = ask();
		const { choices } = await sdks.openai.chat.completions.create(request);
		expect(choices[0]?.message.content).toBe('Hello');
		expect(sdks.lastHeaders().get('content-type')).toContain('application/json');
		expect(await isStoredIn(directus, PATH, request)).toBe(true);
	});

	it('numbers that JSON does not have reach the caller byte for byte, and are not stored', async () => {
		const body =
			'{"id":"c","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"finish_reason":"stop",' +
			'"message":{"role":"assistant","content":"Hello"},"logprobs":{"content":[{"token":"a","logprob":-Infinity}]}}]}';
		provider.answer({ headers: JSON_HEADERS, body });
		const request = ask();
		const response = await postTo(directus, PATH, request);
		expect([response.status, await response.text()]).toEqual([200, body]);
		expect(await isStoredIn(directus, PATH, request)).toBe(false);
		const native = { provider: 'openai', model: 'gpt-4o-mini', prompt: `question ${++prompts}` };
		expect(await (await postTo(directus, '/generate', native)).json()).toMatchObject({
			data: { text: 'Hello', cache: { not_stored: 'not_strict_json' } },
		});
	});
});

describe('what is refused', () => {
	const send = (path: string, body: string | Buffer<ArrayBuffer>, encoding?: string): Promise<Response> =>
		fetch(`${directus.url}/ai-cache${path}`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${ADMIN.token}`,
				'content-type': 'application/json',
				...(encoding !== undefined && { 'content-encoding': encoding }),
			},
			body,
		});

	it.each([5_000, 20_000])('is a body of %s nested arrays, with 400', async (levels) => {
		const messages = '['.repeat(levels) + ']'.repeat(levels);
		const response = await send(PATH, `{"model":"gpt-4o-mini","messages":${messages}}`);
		expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('nested too deeply')]);
		const native = await send('/generate', `{"provider":"openai","model":"m","messages":${messages}}`);
		expect(native.status).toBe(400);
	});

	it.each(['br', 'zstd'])('is a body that is encoded as %s, with 415', async (encoding) => {
		const response = await send(PATH, Buffer.from('{}'), encoding);
		expect([response.status, await response.json()]).toEqual([
			415,
			{ error: expect.objectContaining({ type: 'invalid_request_error' }) as object },
		]);
	});
});
