import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { keyOf, type ProviderEmulator, startProviderEmulator } from './provider-emulator.ts';

let emulator: ProviderEmulator;
let openai: OpenAI;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	openai = new OpenAI({ apiKey: keyOf('openai'), baseURL: emulator.baseUrls.openai, maxRetries: 0 });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

const ask = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] });

describe('the provider emulator', () => {
	it('answers each provider at its own base URL and counts the calls apart', async () => {
		const anthropic = new Anthropic({ apiKey: keyOf('anthropic'), baseURL: emulator.baseUrls.anthropic });
		const { baseUrls } = emulator;
		const deepseek = new OpenAI({ apiKey: keyOf('deepseek'), baseURL: baseUrls.deepseek });
		const mistral = new OpenAI({ apiKey: keyOf('mistral'), baseURL: `${baseUrls.mistral}/v1` });
		const chat = await openai.chat.completions.create(ask('Hello'));
		const message = await anthropic.messages.create({ ...ask('Hello'), model: 'claude-3-haiku', max_tokens: 9 });
		const others = await Promise.all([deepseek, mistral].map((sdk) => sdk.chat.completions.create(ask('Hello'))));

		expect(chat.choices[0]?.message.content).toMatch(/^openai answers [0-9a-f]{12}: Hello$/);
		expect(message.content[0]?.type === 'text' && message.content[0].text).toMatch(/^anthropic answers/);
		expect(message.usage.output_tokens).toBe(4);
		expect(others.map(({ choices }) => choices[0]?.message.content?.split(' ')[0])).toEqual(['deepseek', 'mistral']);
		expect(emulator.callsByPath()).toEqual({
			'/openai/v1/chat/completions': 1,
			'/anthropic/v1/messages': 1,
			'/deepseek/chat/completions': 1,
			'/mistral/v1/chat/completions': 1,
		});
	});

	it('streams the same text with usage', async () => {
		const stream = await openai.chat.completions.create({
			...ask('Stream this'),
			stream: true,
			stream_options: { include_usage: true },
		});
		let text = '';
		let tokens = 0;
		for await (const chunk of stream) {
			text += chunk.choices[0]?.delta.content ?? '';
			tokens = chunk.usage?.completion_tokens ?? tokens;
		}
		expect(text).toMatch(/: Stream this$/);
		expect(tokens).toBe(5);
	});

	it('names the snapshot and fingerprint that it was given', async () => {
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-11-20', 'fp_2');
		const answer = await openai.chat.completions.create(ask('Who are you?'));
		expect(answer).toMatchObject({ model: 'gpt-4o-2024-11-20', system_fingerprint: 'fp_2' });
	});

	it('gives the same embedding in both encodings, in the order of the inputs', async () => {
		const floats = await openai.embeddings.create({ model: 'e', input: ['a', 'b'], encoding_format: 'float' });
		const decoded = await openai.embeddings.create({ model: 'e', input: ['a', 'b'] });
		expect(decoded.data).toEqual(floats.data);
		expect(floats.data[0]?.embedding).not.toEqual(floats.data[1]?.embedding);
		expect(floats.usage.prompt_tokens).toBe(2);
	});

	it('keeps answers back until it is let go', async () => {
		const release = emulator.hold();
		let answered = false;
		const asked = openai.chat.completions.create(ask('Wait')).then(() => (answered = true));
		await emulator.whenCalled(1);
		expect(answered).toBe(false);
		release();
		await asked;
		expect(answered).toBe(true);
	});

	it.each([
		[{ status: 429, headers: { 'retry-after': '7' } }, 429],
		[{ status: 503 }, 503],
	])('fails with the status it was told: %j', async (failure, status) => {
		emulator.failNext(failure);
		await expect(openai.chat.completions.create(ask('Fail'))).rejects.toMatchObject({ status });
		await expect(openai.chat.completions.create(ask('Fail'))).resolves.toBeDefined();
	});

	it.each(['reset', 'half-json', 'html'] as const)('breaks its answer: %s', async (failure) => {
		emulator.failNext(failure);
		const answer = openai.chat.completions.create(ask('Break')).then(({ choices }) => choices[0]?.message);
		await expect(answer).rejects.toBeDefined();
	});
});
