import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { embeddingsAnswer, type EmbeddingsRequest } from '../support/emulated-embeddings.ts';
import { eventSteps, type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { chatChunk, gate } from './support/chat-stream.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { ADMIN, type DirectusProcess } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';

/** Events a second at which the second process replays; the first has no rate. */
const RATE = 20;
const EVENTS = { 'content-type': 'text/event-stream' };

let redis: TestRedis;
let provider: RawProvider;
let directus: Directus;
let first: DirectusProcess;
let second: DirectusProcess;
let prompts = 0;

beforeAll(async () => {
	[redis, provider] = await Promise.all([startRedis(), startRawProvider()]);
	// A machine that is busy with other things must not look like a store that is away.
	const store = { AI_CACHE_STORE: 'redis', AI_CACHE_REDIS: redis.url, AI_CACHE_STORE_TIMEOUT: '10s' };
	const env = rawProviderEnvironment(provider.url, store);
	directus = await startDirectus({ database: 'empty', env });
	first = directus.process(0);
	second = await directus.join({ AI_CACHE_REPLAY_RATE: String(RATE) });
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
	await redis.stop();
});
beforeEach(() => provider.reset());

function post({ url }: DirectusProcess, path: string, body: object, signal?: AbortSignal): Promise<Response> {
	return fetch(`${url}/ai-cache/openai/v1/${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
		...(signal && { signal }),
	});
}

const ask = () => ({
	model: 'gpt-4o-mini',
	stream: true,
	messages: [{ role: 'user', content: `question ${++prompts}` }],
});

const statusOf = (response: Response): string | null => response.headers.get('x-ai-cache');
const textIn = (stream: string): string =>
	[...stream.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('');

const WORDS = Array.from({ length: 12 }, (_, index) => `word ${index} `);
const STREAM = [...WORDS.map((content) => chatChunk({ content })), chatChunk({}, 'stop'), '[DONE]'];

describe('a stream under way in one process', () => {
	it('is one call for those who ask the other for it, streaming or not, and ends with the same answer', async () => {
		const { opened, open } = gate();
		const [begin, ...rest] = STREAM;
		provider.answer({ headers: EVENTS, body: [...eventSteps([begin!]), { until: opened }, ...eventSteps(rest)] });
		const request = ask();
		const leader = await post(first, 'chat/completions', request);
		const joined = post(first, 'chat/completions', request);
		const streaming = [1, 2, 3].map(() => post(second, 'chat/completions', request));
		const whole = post(second, 'chat/completions', { ...request, stream: false });
		// Enough for all of them to be on their way, also on a busy machine.
		await wait(1500);
		open();
		const others = await Promise.all([joined, ...streaming]);
		const texts = await Promise.all([leader, ...others].map((response) => response.text()));
		expect(texts.map(textIn)).toEqual(Array(5).fill(WORDS.join('')));
		expect(texts.every((text) => text.endsWith('data: [DONE]\n\n'))).toBe(true);
		expect([leader, ...others].map(statusOf)).toEqual(['MISS', ...Array<string>(4).fill('COALESCED')]);
		expect(await (await whole).json()).toMatchObject({ choices: [{ message: { content: WORDS.join('') } }] });
		expect(provider.requests).toHaveLength(1);
	});

	it('whose caller leaves is generated anew for those who wait in the other', async () => {
		provider.answerOnce({ headers: EVENTS, body: [...eventSteps(STREAM.slice(0, 1)), { hang: true }] });
		provider.answer({ headers: EVENTS, body: eventSteps(STREAM) });
		const request = ask();
		const controller = new AbortController();
		await post(first, 'chat/completions', request, controller.signal);
		const waiting = post(second, 'chat/completions', request);
		await wait(300);
		controller.abort();
		const answer = await waiting;
		expect([answer.status, textIn(await answer.text())]).toEqual([200, WORDS.join('')]);
		expect(provider.requests).toHaveLength(2);
	});

	it('is joined by nobody who asks after an invalidation of which its process could not hear', async () => {
		const { opened, open } = gate();
		const [begin, ...rest] = STREAM;
		provider.answerOnce({ headers: EVENTS, body: [...eventSteps([begin!]), { until: opened }, ...eventSteps(rest)] });
		provider.answer({ headers: EVENTS, body: eventSteps(STREAM) });
		const request = ask();
		const leader = await post(second, 'chat/completions', request);
		const cutting = setInterval(() => void redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), 2);
		await first.data('POST', '/ai-cache/invalidate', { model: 'gpt-4o-mini' }).finally(() => clearInterval(cutting));
		const heard = async () => (await second.data<{ store: { hints: string } }>('GET', '/ai-cache/health')).store.hints;
		await expect.poll(heard, { timeout: 5000 }).toBe('up');
		const next = post(second, 'chat/completions', request);
		await wait(300);
		open();
		await Promise.all([leader.text(), next.then((response) => response.text())]);
		expect(statusOf(await next)).toBe('MISS');
		expect(provider.requests).toHaveLength(2);
	});

	it('that breaks off ends with an error event, and is generated anew for those who wait in the other', async () => {
		const { opened, open } = gate();
		const broken = [...eventSteps(STREAM.slice(0, 1)), { until: opened }, { destroy: true as const }];
		provider.answerOnce({ headers: EVENTS, body: broken });
		provider.answer({ headers: EVENTS, body: eventSteps(STREAM) });
		const request = ask();
		const leader = await post(first, 'chat/completions', request);
		const waiting = post(second, 'chat/completions', request);
		await wait(300);
		open();
		expect(await leader.text()).toContain('data: {"error":{"message":"');
		expect(textIn(await (await waiting).text())).toBe(WORDS.join(''));
		expect(provider.requests).toHaveLength(2);
	});
});

describe('embeddings that both processes are asked for at the same time', () => {
	const embed = async (process: DirectusProcess, input: string[]) => {
		const response = await post(process, 'embeddings', { model: 'text-embedding-3-small', input });
		return { status: statusOf(response), answer: (await response.json()) as { data: { embedding: number[] }[] } };
	};

	it('are asked for once, and are the same for all', async () => {
		const { opened, open } = gate();
		provider.answer(async (request) => {
			await opened;
			return { body: JSON.stringify(embeddingsAnswer(jsonBody(request) as unknown as EmbeddingsRequest)) };
		});
		const input = [`input ${++prompts}`, `input ${++prompts}`];
		const asking = Array.from({ length: 8 }, (_, index) => embed(index % 2 === 0 ? first : second, input));
		await provider.whenAsked(1);
		await wait(500);
		open();
		const answers = await Promise.all(asking);
		expect(provider.requests).toHaveLength(1);
		expect(new Set(answers.map(({ answer }) => JSON.stringify(answer.data))).size).toBe(1);
		const statuses = answers.map(({ status }) => status).sort();
		expect(statuses).toEqual([...Array<string>(7).fill('COALESCED'), 'MISS']);
	});

	it('are shared by input: what one process stored is not asked for by the other', async () => {
		provider.answer((request) => ({
			body: JSON.stringify(embeddingsAnswer(jsonBody(request) as unknown as EmbeddingsRequest)),
		}));
		const [one, two] = [`input ${++prompts}`, `input ${++prompts}`];
		const stored = await embed(first, [one]);
		const both = await embed(second, [two, one]);
		expect(provider.requests.map((request) => jsonBody(request)['input'])).toEqual([[one], [two]]);
		expect(both.answer.data[1]?.embedding).toEqual(stored.answer.data[0]?.embedding);
		expect((await embed(first, [one, two])).status).toBe('HIT');
	});
});

describe('the replay of a stored stream', () => {
	/** When each of its events arrived, in milliseconds since the first. */
	const arrivals = async (process: DirectusProcess, request: object): Promise<number[]> => {
		const response = await post(process, 'chat/completions', request);
		expect(statusOf(response)).toBe('HIT');
		const times: number[] = [];
		const decoder = new TextDecoder();
		for await (const chunk of response.body!) {
			const events = decoder.decode(chunk, { stream: true }).split('\n\n').length - 1;
			for (let count = 0; count < events; count++) times.push(performance.now());
		}
		return times.map((time) => time - times[0]!);
	};

	it('is at once by default, and paced where AI_CACHE_REPLAY_RATE says so', async () => {
		const long = Array.from({ length: 60 }, (_, index) => chatChunk({ content: `word number ${index} ` }));
		provider.answer({ headers: EVENTS, body: eventSteps([...long, chatChunk({}, 'stop'), '[DONE]']) });
		const request = ask();
		await (await post(first, 'chat/completions', request)).text();
		const atOnce = await arrivals(first, request);
		const paced = await arrivals(second, request);
		expect(paced).toHaveLength(atOnce.length);
		const expected = ((paced.length - 1) * 1000) / RATE;
		expect(atOnce.at(-1)).toBeLessThan(expected / 4);
		expect(paced.at(-1)).toBeGreaterThan(expected * 0.9);
		const gaps = paced.slice(1).map((time, index) => time - paced[index]!);
		expect(gaps.filter((gap) => gap > 500 / RATE).length).toBeGreaterThan(gaps.length * 0.6);
		expect(provider.requests).toHaveLength(1);
	});
});
