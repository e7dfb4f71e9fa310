import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { GenerationAnswer, Provider } from '../../src/shared/api-types.ts';
import { keyOf, type ProviderEmulator } from '../support/provider-emulator.ts';
import { jsonBody } from '../support/recorded-request.ts';
import type { Account } from './support/access.ts';
import { type Compatible, isAnsweredAgain as answeredAgain, startCompatible } from './support/compatible.ts';
import type { Directus } from './support/directus.ts';
import { asker } from './support/generations.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

let compatible: Compatible;
let emulator: ProviderEmulator;
let directus: Directus;
let caller: Account;
let sdks: Sdks;
let prompts = 0;

beforeAll(async () => {
	compatible = await startCompatible();
	({ emulator, directus, caller } = compatible);
	sdks = sdksOf(directus.url, caller.token);
});
afterAll(() => compatible.stop());
beforeEach(() => {
	emulator.reset();
	sdks.reset();
});

const prompt = () => `question ${++prompts}`;
const ask = (content = prompt(), model = 'gpt-4o-mini') => ({
	model,
	messages: [{ role: 'user' as const, content }],
});

const isAnsweredAgain = <Answer>(provider: Provider, call: () => PromiseLike<Answer>): Promise<Answer> =>
	answeredAgain(compatible, sdks, provider, call);

describe('the openai SDK', () => {
	it('gets the second identical completion from the cache, id and usage included', async () => {
		const request = ask();
		const answer = await isAnsweredAgain('openai', () => sdks.openai.chat.completions.create(request));
		expect(answer.choices[0]?.message.content).toContain(request.messages[0]?.content);
		expect(answer.usage?.total_tokens).toBeGreaterThan(0);
		expect(sdks.lastHeaders().get('cache-status')).toMatch(/^ai-cache; hit; ttl=\d+; key=/);
		expect(sdks.lastHeaders().get('age')).toMatch(/^\d+$/);
	});

	it('gets the same from its stream helper', async () => {
		const request = { ...ask(), stream_options: { include_usage: true } };
		const answer = await isAnsweredAgain('openai', () =>
			sdks.openai.chat.completions.stream(request).finalChatCompletion(),
		);
		expect(answer.usage?.total_tokens).toBeGreaterThan(0);
	});

	it('parses a structured answer from the cache', async () => {
		emulator.setText(() => '{"city":"Paris"}');
		const response_format = zodResponseFormat(z.object({ city: z.string() }), 'place');
		const request = { ...ask(), response_format };
		const answer = await isAnsweredAgain('openai', () => sdks.openai.chat.completions.parse(request));
		expect(answer.choices[0]?.message.parsed).toEqual({ city: 'Paris' });
	});

	it('gets responses, whole and streaming, from one entry', async () => {
		const request = { model: 'gpt-4o-mini', input: prompt() };
		const whole = await isAnsweredAgain('openai', () => sdks.openai.responses.create(request));
		const streamed = await sdks.openai.responses.stream(request).finalResponse();
		expect(streamed.output_text).toBe(whole.output_text);
		expect(streamed.id).toBe(whole.id);
		expect(emulator.calls('openai')).toBe(1);
	});

	it('gets the models list from the provider every time', async () => {
		const first = await sdks.openai.models.list();
		await sdks.openai.models.list();
		expect(first.data.length).toBeGreaterThan(0);
		expect(emulator.requests.filter(({ path }) => path === '/openai/v1/models')).toHaveLength(2);
		expect(sdks.statuses).toEqual(['BYPASS', 'BYPASS']);
	});
});

describe('embeddings', () => {
	const embed = (input: string | string[], format?: 'float' | 'base64') =>
		sdks.openai.embeddings.create({
			model: 'text-embedding-3-small',
			input,
			...(format && { encoding_format: format }),
		});

	it.each(['float', undefined] as const)('come from the cache in the encoding asked for: %s', async (format) => {
		const input = [prompt(), prompt()];
		const answer = await isAnsweredAgain('openai', () => embed(input, format));
		expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
		expect(Array.isArray(answer.data[0]?.embedding)).toBe(true);
	});

	it('ask the provider for the missing inputs alone, and keep order and encoding', async () => {
		const [a, b, c] = [prompt(), prompt(), prompt()];
		const expected = await embed([c, a, b, a], 'float');
		await directus.data('POST', '/ai-cache/invalidate', { all: true });
		emulator.reset();
		await embed(a, 'float');
		const answer = await embed([c, a, b, a]);
		expect(answer.data).toEqual(expected.data);
		expect(emulator.requests.map((request) => jsonBody(request)['input'])).toEqual([a, [c, b]]);
		expect(answer.usage.prompt_tokens).toBe(expected.usage.prompt_tokens);
		expect((await embed([b, c])).data[0]?.embedding).toEqual(expected.data[2]?.embedding);
		expect(sdks.statuses.at(-1)).toBe('HIT');
	});

	it('of identical requests at once are asked for once', async () => {
		const input = [prompt(), prompt()];
		const release = emulator.hold();
		const asked = Array.from({ length: 5 }, () => embed(input));
		await emulator.whenCalled(1);
		setTimeout(release, 200);
		const answers = await Promise.all(asked);
		expect(emulator.calls('openai')).toBe(1);
		expect(new Set(answers.map((answer) => JSON.stringify(answer.data))).size).toBe(1);
	});

	it('come from Mistral the same way', async () => {
		const request = { model: 'mistral-embed', inputs: [prompt(), prompt()] };
		const answer = await isAnsweredAgain('mistral', () => sdks.mistral.embeddings.create(request));
		expect(answer.data).toHaveLength(2);
	});
});

describe('the Anthropic SDKs', () => {
	const request = () => ({ ...ask(prompt(), 'claude-of-today'), max_tokens: 64 });

	it('of 1.x is answered again', async () => {
		const body = request();
		await isAnsweredAgain('anthropic', () => sdks.anthropic.messages.create(body));
		expect(emulator.requests[0]?.headers['x-api-key']).toBe(keyOf('anthropic'));
		expect(emulator.requests[0]?.headers['authorization']).toBeUndefined();
	});

	it('of the days before 1.0, with its token as x-api-key, is answered again', async () => {
		const body = request();
		const answer = await isAnsweredAgain('anthropic', () => sdks.anthropicBeforeOne.messages.create(body));
		expect(answer.usage.output_tokens).toBeGreaterThan(0);
		expect(emulator.requests[0]?.headers['anthropic-version']).toBe('2023-06-01');
	});

	it('streams, and replays its stream', async () => {
		const body = request();
		await isAnsweredAgain('anthropic', () => sdks.anthropic.messages.stream(body).finalMessage());
		const whole = await sdks.anthropic.messages.create(body);
		expect(whole.content[0]?.type).toBe('text');
		expect(emulator.calls('anthropic')).toBe(1);
	});
});

describe('the other SDKs', () => {
	it('of Mistral is answered again, whole and streaming', async () => {
		const body = ask(prompt(), 'mistral-small-latest');
		const answer = await isAnsweredAgain('mistral', () => sdks.mistral.chat.complete(body));
		let text = '';
		for await (const { data } of await sdks.mistral.chat.stream(body)) {
			const { content } = data.choices[0]?.delta ?? {};
			text += typeof content === 'string' ? content : '';
		}
		expect(text).toBe(answer.choices[0]?.message?.content);
		expect(emulator.calls('mistral')).toBe(1);
	});

	it('of OpenAI speaks to DeepSeek, with and without /v1 in its base URL', async () => {
		const body = ask(prompt(), 'deepseek-chat');
		const answer = await isAnsweredAgain('deepseek', () => sdks.deepseek.chat.completions.create(body));
		const baseURL = `${directus.url}/ai-cache/deepseek/v1`;
		const other = new OpenAI({ apiKey: caller.token, baseURL, maxRetries: 0 });
		expect(await other.chat.completions.create(body)).toEqual(answer);
		expect(emulator.calls('deepseek')).toBe(1);
	});
});

describe('one request, however it is written', () => {
	it('is one entry: key order, nulls, stream false, a lone text part, the native route', async () => {
		const text = prompt();
		const first = await sdks.openai.chat.completions.create({ ...ask(text), temperature: 0.3 });
		const variants: object[] = [
			{ temperature: 0.3, messages: [{ content: text, role: 'user' }], model: 'gpt-4o-mini' },
			{ ...ask(text), temperature: 0.3, stop: null, stream: false },
			{ ...ask(text), temperature: 0.3, messages: [{ role: 'user', content: [{ type: 'text', text }] }] },
		];
		for (const variant of variants) {
			expect(await sdks.openai.chat.completions.create(variant as never)).toEqual(first);
		}
		const native = await asker(directus)(
			{ provider: 'openai', model: 'gpt-4o-mini', prompt: text, params: { temperature: 0.3 } },
			caller.token,
		);
		expect(native.cache).toBe('HIT');
		expect(native.data?.response).toEqual(JSON.parse(JSON.stringify(first)));
		expect(emulator.calls('openai')).toBe(1);
	});

	it('reaches the provider byte for byte, unknown parameters and spacing included', async () => {
		const body = `{ "model":"gpt-4o-mini",\n "x_unknown": [1.0, {"é": null}], "messages":[{"role":"user","content":"${prompt()}"}] }`;
		const headers = { authorization: `Bearer ${caller.token}`, 'content-type': 'application/json' };
		const url = `${directus.url}/ai-cache/openai/v1/chat/completions`;
		const response = await fetch(url, { method: 'POST', headers, body });
		expect(response.status).toBe(200);
		expect(emulator.requests[0]?.rawBody.toString()).toBe(body);
		expect(emulator.requests[0]?.headers['authorization']).toBe(`Bearer ${keyOf('openai')}`);
	});
});

describe('the native route', () => {
	const generate = async (request: object) => {
		const response = await fetch(`${directus.url}/ai-cache/generate`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', authorization: `Bearer ${caller.token}` },
			body: JSON.stringify({ ...request, stream: true }),
		});
		const events = (await response.text()).split('\n\n').flatMap((event) => {
			return event === ''
				? []
				: [JSON.parse(event.replace('data: ', '')) as { delta?: string; data?: GenerationAnswer }];
		});
		return { type: response.headers.get('content-type'), status: response.headers.get('x-ai-cache'), events };
	};

	it.each(['openai', 'anthropic', 'mistral', 'deepseek'] as const)('streams what %s answers', async (provider) => {
		const request = { provider, model: 'gpt-4o', prompt: prompt() };
		const miss = await generate(request);
		const hit = await generate(request);
		expect([miss.status, hit.status]).toEqual(['MISS', 'HIT']);
		for (const { events, type } of [miss, hit]) {
			expect(type).toContain('text/event-stream');
			const { data } = events.at(-1) ?? {};
			expect(events.map(({ delta }) => delta ?? '').join('')).toBe(data?.text);
			expect(data?.text).toContain(request.prompt);
			// The emulated Mistral tells no usage in a stream.
			if (provider !== 'mistral') expect(data?.usage.output_tokens).toBeGreaterThan(0);
		}
		expect(miss.events.length).toBeGreaterThan(2);
		expect(hit.events.at(-1)?.data?.response).toEqual(miss.events.at(-1)?.data?.response);
		expect((await asker(directus)(request, caller.token)).cache).toBe('HIT');
		expect(emulator.calls(provider)).toBe(1);
	});
});
