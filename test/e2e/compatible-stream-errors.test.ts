import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventSteps, type RawProvider, type Step, startRawProvider } from '../support/raw-provider.ts';
import { chatChunk } from './support/chat-stream.ts';
import { isStoredIn, postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { ADMIN } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

const EVENTS = { 'content-type': 'text/event-stream' };

let provider: RawProvider;
let directus: Directus;
let sdks: Sdks;
let prompts = 0;

beforeAll(async () => {
	provider = await startRawProvider();
	directus = await startDirectus({
		database: 'empty',
		env: rawProviderEnvironment(provider.url, {
			AI_CACHE_UPSTREAM_TIMEOUT: '1500ms',
		}),
	});
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

const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: `question ${++prompts}` }] });

const START = chatChunk({ role: 'assistant', content: 'Hello' });
const END = [chatChunk({}, 'stop'), '[DONE]'];

const PATH = '/openai/v1/chat/completions';
const post = (body: object, signal?: AbortSignal): Promise<Response> =>
	postTo(directus, PATH, body, signal && { signal });
const isStored = (body: object): Promise<boolean> => isStoredIn(directus, PATH, body);

async function read(stream: AsyncIterable<unknown>): Promise<void> {
	const events = [];
	for await (const event of stream) events.push(event);
	expect(events).toEqual('what was raised instead');
}

describe('a provider that answers a stream with', () => {
	it.each([
		['an error event within a 200', [START, '{"error":{"message":"Overloaded","type":"server_error"}}']],
		['an end without its mark and without a finish reason', [START, chatChunk({})]],
		['something that is no JSON', [START, '{"half', '[DONE]']],
	])('%s is passed on, and nothing is stored', async (_what, events) => {
		provider.answer({ headers: EVENTS, body: eventSteps(events) });
		const request = ask();
		const text = await (await post({ ...request, stream: true })).text();
		expect(text).toBe(events.map((event) => `data: ${event}\n\n`).join(''));
		expect(await isStored(request)).toBe(false);
	});

	it('an end without its mark, but with a finish reason, is passed on and stored', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps([START, chatChunk({}, 'stop')]) });
		const request = ask();
		await (await post({ ...request, stream: true })).text();
		expect(await isStored(request)).toBe(true);
	});

	it('an error event lets the SDK raise it', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps([START, '{"error":{"message":"Overloaded"}}']) });
		const stream = await sdks.openai.chat.completions.create({ ...ask(), stream: true });
		await expect(read(stream)).rejects.toThrow('Overloaded');
	});

	it('nothing at all is a clear error', async () => {
		provider.answer({ headers: EVENTS, body: '' });
		await expect(sdks.openai.chat.completions.create({ ...ask(), stream: true })).rejects.toMatchObject({
			status: 502,
		});
	});

	it('silence after its head is an error event of its protocol in time, which the SDK raises', async () => {
		provider.answer({ headers: EVENTS, body: [{ hang: true }] });
		const stream = await sdks.openai.chat.completions.create({ ...ask(), stream: true });
		await expect(read(stream)).rejects.toThrow('did not answer in time');
		const claude = { model: 'claude-3-haiku-20240307', max_tokens: 9, messages: ask().messages };
		const message = await sdks.anthropic.messages.create({ ...claude, stream: true });
		await expect(read(message)).rejects.toThrow('did not answer in time');
		const response = await sdks.openai.responses.create({ model: 'gpt-4o-mini', input: ask().messages, stream: true });
		const events: unknown[] = [];
		for await (const event of response) events.push(event);
		expect(events).toEqual([
			expect.objectContaining({ type: 'error', message: expect.stringContaining('did not answer in time') as string }),
		]);
	});

	it('silence before its head is a clear error in time', async () => {
		provider.answer(() => new Promise(() => {}));
		const asked = sdks.openai.chat.completions.create({ ...ask(), stream: true });
		await expect(asked).rejects.toMatchObject({ status: 504 });
	});

	it('an error as its first event says it in the provider’s words, also natively', async () => {
		const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'The model is overloaded' } };
		const told = { event: 'error', data: JSON.stringify(overloaded) };
		provider.answer({ headers: EVENTS, body: eventSteps([told]) });
		const claude = { model: 'claude-3-haiku-20240307', max_tokens: 9, messages: ask().messages };
		const raised = async (): Promise<void> => read(await sdks.anthropic.messages.create({ ...claude, stream: true }));
		await expect(raised()).rejects.toMatchObject({ error: overloaded });
		const native = { provider: 'anthropic', model: claude.model, prompt: `question ${++prompts}`, stream: true };
		const text = await (await postTo(directus, '/generate', native)).text();
		expect(text).toMatch(/^data: \{"errors":.*"reason":"The model is overloaded/);
	});

	it('comments between its events is read by every SDK', async () => {
		const comment: Step = { write: ': keep-alive\n\n' };
		const steps = [START, ...END].flatMap((data) => [comment, ...eventSteps([data]), comment]);
		provider.answer({ headers: EVENTS, body: steps });
		const texts: string[] = [];
		for (const client of [sdks.openai, sdks.deepseek]) {
			let text = '';
			for await (const chunk of await client.chat.completions.create({ ...ask(), stream: true }))
				text += chunk.choices[0]?.delta.content ?? '';
			texts.push(text);
		}
		let text = '';
		for await (const { data } of await sdks.mistral.chat.stream({ model: 'm', messages: ask().messages }))
			text += JSON.stringify(data.choices[0]?.delta.content ?? '');
		expect([...texts, text]).toEqual(['Hello', 'Hello', '"Hello"""']);
	});

	it('drops for ever is ended in time', async () => {
		const drops = Array.from({ length: 100 }, (): Step[] => [{ write: ': drop\n\n' }, { wait: 100 }]).flat();
		provider.answer({ headers: EVENTS, body: drops });
		const started = performance.now();
		expect(await (await post({ ...ask(), stream: true })).text()).toContain('did not answer in time');
		expect(performance.now() - started).toBeLessThan(4000);
	});
});

describe('a provider that answers a whole request with', () => {
	it.each([
		['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>Bad gateway</html>' }, 502],
		['half a JSON', { body: '{"id":"chatcmpl-1","choices":[{"mess' }, 502],
		['a 200 that is an error', { body: '{"error":{"message":"No"}}' }, 502],
		['nothing at all', { body: '' }, 502],
		['silence', { body: [{ hang: true }] as Step[] }, 504],
		['drops for ever', { body: Array.from({ length: 50 }, (): Step[] => [{ write: ' ' }, { wait: 100 }]).flat() }, 504],
		['an HTML error', { status: 500, headers: { 'content-type': 'text/html' }, body: '<html>' }, 500],
	])('%s gives the SDK an error of its own', async (_what, answer, status) => {
		provider.answer(answer);
		const request = ask();
		const asked = sdks.openai.chat.completions.create(request);
		await expect(asked).rejects.toBeInstanceOf(OpenAI.APIError);
		await expect(asked).rejects.toMatchObject({ status, error: { type: 'server_error' } });
		expect(await isStored(request)).toBe(false);
	});
});
