import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';

const chatProviders = ['openai', 'mistral', 'deepseek'] as const;

describe('a native request', () => {
	it.each(chatProviders)('is written for %s with the system text as the first message', (provider) => {
		const { toBody } = dialects[provider];
		expect(toBody({ model: 'm', prompt: 'Hi', system: 'Be brief.', params: { temperature: 0 } })).toEqual({
			model: 'm',
			temperature: 0,
			messages: [
				{ role: 'system', content: 'Be brief.' },
				{ role: 'user', content: 'Hi' },
			],
		});
		const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];
		expect(toBody({ model: 'm', messages })).toEqual({ model: 'm', messages });
	});

	it('is written for Anthropic with the system text in its own place and the length that is demanded', () => {
		const { toBody } = dialects.anthropic;
		expect(toBody({ model: 'm', prompt: 'Hi', system: 'Be brief.' })).toEqual({
			model: 'm',
			max_tokens: 4_096,
			system: 'Be brief.',
			messages: [{ role: 'user', content: 'Hi' }],
		});
		expect(toBody({ model: 'm', prompt: 'Hi', params: { max_tokens: 7, system: 'From params' } })).toEqual({
			model: 'm',
			max_tokens: 7,
			system: 'From params',
			messages: [{ role: 'user', content: 'Hi' }],
		});
	});

	it.each([
		[{ thinking: { type: 'enabled', budget_tokens: 8_000 } }, 12_096],
		[{ thinking: { type: 'enabled', budget_tokens: 8_000 }, max_tokens: 9_000 }, 9_000],
		[{ thinking: { type: 'disabled' } }, 4_096],
		[{ max_tokens: null }, 4_096],
	])('with %j asks Anthropic for %d tokens at most', (params, max_tokens) => {
		expect(dialects.anthropic.toBody({ model: 'm', prompt: 'Hi', params })).toMatchObject({ max_tokens });
	});

	it.each(PROVIDERS)('never streams at %s, nor changes its model or prompt by parameters', (provider) => {
		const params = { stream: true, model: 'other', messages: [] };
		const body = dialects[provider].toBody({ model: 'm', prompt: 'Hi', params });
		expect(body).not.toHaveProperty('stream');
		expect(body).toMatchObject({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
	});
});

describe('where a provider is asked', () => {
	it.each([
		['openai', 'chat', 'https://api.openai.com/v1/chat/completions'],
		['openai', 'embeddings', 'https://api.openai.com/v1/embeddings'],
		['openai', 'responses', 'https://api.openai.com/v1/responses'],
		['anthropic', 'messages', 'https://api.anthropic.com/v1/messages'],
		['mistral', 'chat', 'https://api.mistral.ai/v1/chat/completions'],
		['mistral', 'embeddings', 'https://api.mistral.ai/v1/embeddings'],
		['deepseek', 'chat', 'https://api.deepseek.com/chat/completions'],
	] as const)('%s for %s: %s', (provider, operation, url) => {
		const dialect = dialects[provider];
		expect(dialect.defaultBaseUrl + dialect.path(operation)).toBe(url);
		expect(dialect.operations).toContain(operation);
		expect(dialect.operations).toContain(dialect.nativeOperation);
	});

	it.each([
		['openai', 'https://api.openai.com/v1/models'],
		['anthropic', 'https://api.anthropic.com/v1/models'],
		['mistral', 'https://api.mistral.ai/v1/models'],
		['deepseek', 'https://api.deepseek.com/models'],
	] as const)('%s for its models: %s', (provider, url) => {
		expect(dialects[provider].defaultBaseUrl + dialects[provider].modelsPath).toBe(url);
	});
});
