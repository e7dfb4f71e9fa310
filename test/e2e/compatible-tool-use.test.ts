import { createRequire } from 'node:module';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { type Account, createAccount } from './support/access.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { majorUnderTest, sandboxOf } from './support/paths.ts';
import { ADMIN } from './support/process.ts';

/** The part of the client's interface that the assistant speaks through. */
interface CompatibleClient {
	createOpenAICompatible(settings: { name: string; apiKey: string; baseURL: string }): (model: string) => {
		doStream(options: object): Promise<{ stream: ReadableStream<{ type: string; delta?: string }> }>;
	};
}

let emulator: ProviderEmulator;
let directus: Directus;
let caller: Account;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	directus = await startDirectus({
		database: 'empty',
		env: { ...emulator.environment(), AI_CACHE_STORE: 'memory', AI_ENABLED: 'true' },
	});
	caller = await createAccount(directus, 'caller', []);
});
afterAll(async () => {
	await directus.stop();
	await emulator.stop();
});
beforeEach(() => emulator.reset());

const baseURL = () => `${directus.url}/ai-cache/openai/v1`;

describe('Directus’ own AI assistant', () => {
	it('asks as its client does, and is answered again from the cache', async () => {
		const require = createRequire(path.join(sandboxOf(majorUnderTest()), 'node_modules/@directus/api/package.json'));
		const client = (await import(require.resolve('@ai-sdk/openai-compatible'))) as CompatibleClient;
		const model = client.createOpenAICompatible({ name: 'cache', apiKey: caller.token, baseURL: baseURL() })(
			'gpt-4o-mini',
		);
		const tool = {
			type: 'function',
			name: 'items',
			description: 'Reads items',
			inputSchema: { type: 'object', properties: {} },
		};
		const ask = async (): Promise<string> => {
			const { stream } = await model.doStream({
				prompt: [
					{ role: 'system', content: 'You are the assistant.' },
					{ role: 'user', content: [{ type: 'text', text: 'Which articles are there?' }] },
				],
				tools: [tool],
			});
			let text = '';
			for await (const { type, delta } of stream) text += type === 'text-delta' ? (delta ?? '') : '';
			return text;
		};
		const first = await ask();
		expect(first).toContain('Which articles are there?');
		expect(await ask()).toBe(first);
		expect(emulator.calls('openai')).toBe(1);
	});

	// Directus 12 takes a provider of one's own with a licence alone.
	it.runIf(majorUnderTest() === 11)('asks through the cache once its settings name it', async () => {
		await directus.data('PATCH', '/settings', {
			ai_openai_compatible_name: 'cache',
			ai_openai_compatible_base_url: baseURL(),
			ai_openai_compatible_api_key: caller.token,
			ai_openai_compatible_models: [{ id: 'gpt-4o-mini', name: 'GPT-4o mini' }],
		});
		const text = 'Who wrote the first article?';
		const question = {
			provider: 'openai-compatible',
			model: 'gpt-4o-mini',
			tools: ['items'],
			messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text }] }],
		};
		const chat = () => directus.api<string>('POST', '/ai/chat', question, ADMIN.token);
		const words = ({ body }: { body: string }) =>
			[...body.matchAll(/"type":"text-delta"[^\n]*"delta":"([^"]*)"/g)].map(([, delta]) => delta).join('');
		const first = await chat();
		const second = await chat();
		expect(words(first)).toContain(text);
		expect(words(second)).toBe(words(first));
		expect(emulator.calls('openai')).toBe(1);
		expect(jsonBody(emulator.requests[0]!)).toMatchObject({ model: 'gpt-4o-mini', stream: true });
	});
});
