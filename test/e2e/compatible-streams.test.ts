import { setTimeout as wait } from 'node:timers/promises';

import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventSteps, type RawProvider, type Step, startRawProvider } from '../support/raw-provider.ts';
import { chatChunk, gate } from './support/chat-stream.ts';
import { isStoredIn, postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { statsOf } from './support/generations.ts';
import { ADMIN } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

const EVENTS = { 'content-type': 'text/event-stream' };
const LIMIT_BYTES = 20_000;

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
			AI_CACHE_MAX_ENTRY_SIZE: String(LIMIT_BYTES),
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

describe('a stream under way', () => {
	it('reaches the caller event by event, before it is over', async () => {
		const { opened, open } = gate();
		const steps: Step[] = [...eventSteps([START]), { until: opened }, ...eventSteps(END)];
		provider.answer({ headers: EVENTS, body: steps });
		const response = await post({ ...ask(), stream: true });
		const reader = response.body!.getReader();
		const first = await reader.read();
		expect(Buffer.from(first.value!).toString()).toContain('Hello');
		open();
		while (!(await reader.read()).done);
	});

	it('is joined from its beginning by identical requests, streaming or not, with one call upstream', async () => {
		const { opened, open } = gate();
		const steps: Step[] = [...eventSteps([START]), { until: opened }, ...eventSteps(END)];
		provider.answer({ headers: EVENTS, body: steps });
		const request = ask();
		const leader = await post({ ...request, stream: true });
		const joining = post(request);
		// A stream's headers come once it has joined; the one that was sent before them has by then, too.
		const first = await post({ ...request, stream: true });
		const second = await post({ ...request, stream: true });
		open();
		const whole = await joining;
		const text = await leader.text();
		expect(await first.text()).toBe(text);
		expect(await second.text()).toBe(text);
		expect(await whole.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
		expect([first, second, whole].map((answer) => answer.headers.get('x-ai-cache'))).toEqual(
			Array(3).fill('COALESCED'),
		);
		expect(provider.requests).toHaveLength(1);
	});

	it('with usage gives it to nobody who did not ask for it: they get the answer once it is there', async () => {
		const { opened, open } = gate();
		const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
		const told = JSON.stringify({ ...(JSON.parse(START) as object), choices: [], usage });
		const steps: Step[] = [...eventSteps([START]), { until: opened }, ...eventSteps([END[0]!, told, END[1]!])];
		provider.answer({ headers: EVENTS, body: steps });
		const request = { ...ask(), stream: true };
		const leader = await post({ ...request, stream_options: { include_usage: true } });
		const follower = post(request);
		const alike = await post({ ...request, stream_options: { include_usage: true } });
		open();
		const text = await leader.text();
		expect(text).toContain('"choices":[]');
		expect(await alike.text()).toBe(text);
		const plain = await follower;
		expect(plain.headers.get('x-ai-cache')).toBe('COALESCED');
		const replayed = await plain.text();
		expect(replayed).toMatch(/Hello[\s\S]*data: \[DONE\]\n\n$/);
		expect(replayed).not.toContain('"choices":[]');
		expect(provider.requests).toHaveLength(1);
	});

	it('that was asked for whole is replayed to who asks for a stream meanwhile', async () => {
		const { opened, open } = gate();
		const body = {
			id: 'c',
			object: 'chat.completion',
			model: 'gpt-4o-mini',
			choices: [{ index: 0, message: { role: 'assistant', content: 'Whole' }, finish_reason: 'stop' }],
		};
		provider.answer({ body: [{ until: opened }, { write: JSON.stringify(body) }] });
		const request = ask();
		const leader = post(request);
		await provider.whenAsked(1);
		const follower = post({ ...request, stream: true });
		await wait(200);
		open();
		expect(await (await leader).json()).toEqual(body);
		expect(await (await follower).text()).toMatch(/Whole[\s\S]*data: \[DONE\]\n\n$/);
		expect(provider.requests).toHaveLength(1);
	});

	it('is given up upstream when its caller leaves, and not stored', async () => {
		provider.answer({ headers: EVENTS, body: [...eventSteps([START]), { hang: true }] });
		const request = ask();
		const controller = new AbortController();
		const response = await post({ ...request, stream: true }, controller.signal);
		await response.body!.getReader().read();
		controller.abort();
		await provider.whenAborted(0);
		expect(await isStored(request)).toBe(false);
	});

	it('breaks the connection where the provider breaks off, and is not stored', async () => {
		provider.answer({ headers: EVENTS, body: [...eventSteps([START]), { destroy: true }] });
		const request = ask();
		const response = await post({ ...request, stream: true });
		await expect(response.text()).rejects.toThrow();
		expect(await isStored(request)).toBe(false);
	});

	const longStream = (words: number): string[] => {
		const long = Array.from({ length: 200 }, (_, index) => chatChunk({ content: `${index} ${'x'.repeat(words)}` }));
		return [START, ...long, ...END];
	};

	it('whose answer is over the limit goes through whole, is not stored, and is a miss without an error', async () => {
		const events = longStream(400);
		provider.answer({ headers: EVENTS, body: eventSteps(events) });
		const request = ask();
		const { overall: before } = await statsOf(directus);
		const text = await (await post({ ...request, stream: true })).text();
		expect(text).toBe(events.map((event) => `data: ${event}\n\n`).join(''));
		const { overall: after } = await statsOf(directus);
		expect([after.misses - before.misses, after.errors - before.errors]).toEqual([1, 0]);
		expect(after.stored).toBe(before.stored);
		expect(await isStored(request)).toBe(false);
	});

	it('asked for natively whose answer is over the limit gives all deltas, and says why no answer follows', async () => {
		const words = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat(400)}`);
		provider.answer({
			headers: EVENTS,
			body: eventSteps([START, ...words.map((content) => chatChunk({ content })), ...END]),
		});
		const prompt = `question ${++prompts}`;
		const request = { provider: 'openai', model: 'gpt-4o-mini', prompt, stream: true };
		const answer = await postTo(directus, '/generate', request);
		const events = (await answer.text()).split('\n\n').filter(Boolean);
		const said = events.map(
			(event) => JSON.parse(event.slice('data: '.length)) as { delta?: string; errors?: object[] },
		);
		const last = said.pop();
		expect(said.map(({ delta }) => delta).join('')).toBe(`Hello${words.join('')}`);
		expect(last).toMatchObject({
			errors: [{ message: expect.stringContaining('larger than an entry may be') as string }],
		});
	});

	it('over the limit whose answer is within it goes through whole, and is stored', async () => {
		const events = longStream(20);
		expect(events.join('').length).toBeGreaterThan(LIMIT_BYTES);
		provider.answer({ headers: EVENTS, body: eventSteps(events) });
		const request = ask();
		const text = await (await post({ ...request, stream: true })).text();
		expect(text).toBe(events.map((event) => `data: ${event}\n\n`).join(''));
		expect(await isStored(request)).toBe(true);
		expect(provider.requests).toHaveLength(1);
	});

	it('without usage gives hits that are counted as such', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps([START, ...END]) });
		const request = ask();
		const { overall: before } = await statsOf(directus);
		await (await post({ ...request, stream: true })).text();
		await (await post(request)).text();
		const { overall: after } = await statsOf(directus);
		expect([after.hits - before.hits, after.hits_without_usage - before.hits_without_usage]).toEqual([1, 1]);
		expect(after.saved.tokens).toBe(before.saved.tokens);
	});
});

describe('a provider that answers a stream with', () => {
	it.each([
		['an error event within a 200', [START, '{"error":{"message":"Overloaded","type":"server_error"}}']],
		['an end without its mark', [START, chatChunk({}, 'stop')]],
		['something that is no JSON', [START, '{"half', '[DONE]']],
	])('%s is passed on, and nothing is stored', async (_what, events) => {
		provider.answer({ headers: EVENTS, body: eventSteps(events) });
		const request = ask();
		const text = await (await post({ ...request, stream: true })).text();
		expect(text).toBe(events.map((event) => `data: ${event}\n\n`).join(''));
		expect(await isStored(request)).toBe(false);
	});

	it('an error event lets the SDK raise it', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps([START, '{"error":{"message":"Overloaded"}}']) });
		const stream = await sdks.openai.chat.completions.create({ ...ask(), stream: true });
		const read = async (): Promise<void> => {
			let chunks = 0;
			for await (const { id } of stream) chunks += id.length;
			expect(chunks).toBe(0);
		};
		await expect(read()).rejects.toThrow('Overloaded');
	});

	it('nothing at all is a clear error', async () => {
		provider.answer({ headers: EVENTS, body: '' });
		await expect(sdks.openai.chat.completions.create({ ...ask(), stream: true })).rejects.toMatchObject({
			status: 502,
		});
	});

	it('silence is a clear error in time', async () => {
		provider.answer({ headers: EVENTS, body: [{ hang: true }] });
		await expect(sdks.openai.chat.completions.create({ ...ask(), stream: true })).rejects.toMatchObject({
			status: 504,
		});
	});

	it('drops for ever is ended in time', async () => {
		const drops = Array.from({ length: 100 }, (): Step[] => [{ write: ': drop\n\n' }, { wait: 100 }]).flat();
		provider.answer({ headers: EVENTS, body: drops });
		const started = performance.now();
		await expect((await post({ ...ask(), stream: true })).text()).rejects.toThrow();
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
