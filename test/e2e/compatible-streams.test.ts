import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventSteps, type RawProvider, type Step, startRawProvider } from '../support/raw-provider.ts';
import { chatChunk, gate } from './support/chat-stream.ts';
import { isStoredIn, postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { statsOf } from './support/generations.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';

const EVENTS = { 'content-type': 'text/event-stream' };
const LIMIT_BYTES = 20_000;

let provider: RawProvider;
let directus: Directus;
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
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => {
	provider.reset();
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

	it('ends with an error event if the provider breaks off, also within an event, and is not stored', async () => {
		provider.answer({ headers: EVENTS, body: [...eventSteps([START]), { write: 'data: {"ha' }, { destroy: true }] });
		const request = ask();
		const text = await (await post({ ...request, stream: true })).text();
		expect(text).toContain(`data: ${START}\n\ndata: {"error":{"message":"`);
		expect(text).not.toContain('"ha');
		expect(await isStored(request)).toBe(false);
	});

	it('begins with the provider’s head, before any byte of its body', async () => {
		const { opened, open } = gate();
		provider.answer({ headers: EVENTS, body: [{ until: opened }, ...eventSteps([START, ...END])] });
		const request = { ...ask(), stream: true };
		const leader = await post(request);
		const follower = await post(request);
		expect([leader, follower].map(({ headers }) => headers.get('x-ai-cache'))).toEqual(['MISS', 'COALESCED']);
		open();
		expect(await leader.text()).toContain('Hello');
		expect(await follower.text()).toContain('Hello');
		expect(provider.requests).toHaveLength(1);
	});

	it('asked for natively begins with the provider’s head, and its end says what it was', async () => {
		const { opened, open } = gate();
		provider.answer({ headers: EVENTS, body: [{ until: opened }, ...eventSteps([START, ...END])] });
		const native = { provider: 'openai', model: 'gpt-4o-mini', prompt: `question ${++prompts}`, stream: true };
		const leader = await postTo(directus, '/generate', native);
		const follower = await postTo(directus, '/generate', native);
		open();
		expect(await leader.text()).toMatch(/"delta":"Hello"[\s\S]*"status":"MISS"/);
		expect(await follower.text()).toMatch(/"delta":"Hello"[\s\S]*"status":"COALESCED"/);
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
