import { describe, expect, it } from 'vitest';
import type { JsonObject, Operation, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { wholeFixtures } from './support/fixtures.ts';

const strict = { storeTruncated: false };
const bodyOf = (provider: Provider, name: string): JsonObject =>
	wholeFixtures(provider).find((fixture) => fixture.name === name)!.body;

const chat = (message: JsonObject, finish: string | null = 'stop'): JsonObject => ({
	choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
});
const message = (content: JsonObject[], stop: string | null = 'end_turn'): JsonObject => ({
	type: 'message',
	content,
	stop_reason: stop,
	usage: {},
});
const response = (output: JsonObject[], more: JsonObject = {}): JsonObject => ({
	status: 'completed',
	output,
	...more,
});
const said = { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] };
const text = { type: 'text', text: 'Hi' };

describe('what is read from an answer', () => {
	it.each<[Provider, Operation, string, object]>([
		[
			'openai',
			'chat',
			'usage-details',
			{
				text: '42',
				finishReason: 'stop',
				usage: { input_tokens: 1117, output_tokens: 210 },
				snapshot: 'gpt-4.1-2025-04-14',
				systemFingerprint: 'fp_44709d6fcb',
			},
		],
		['openai', 'chat', 'tools', { text: '', finishReason: 'tool_calls' }],
		['openai', 'chat', 'text-without-usage', { usage: { input_tokens: 0, output_tokens: 0 } }],
		[
			'openai',
			'responses',
			'responses-reasoning',
			{
				text: '9.8',
				finishReason: 'completed',
				usage: { input_tokens: 36, output_tokens: 87 },
				snapshot: 'gpt-4.1-2025-04-14',
			},
		],
		['openai', 'responses', 'responses-incomplete', { text: 'Once upon', finishReason: 'max_output_tokens' }],
		[
			'anthropic',
			'messages',
			'text',
			{
				text: 'Hello! 😀 How are you?',
				finishReason: 'end_turn',
				usage: { input_tokens: 472 + 2048, output_tokens: 89 },
				snapshot: 'claude-sonnet-4-5-20250929',
			},
		],
		['anthropic', 'messages', 'thinking', { text: '27 * 453 = 12,231' }],
		[
			'mistral',
			'chat',
			'thinking',
			{ text: 'John is nine years old.', usage: { input_tokens: 16, output_tokens: 34 } },
		],
		['deepseek', 'chat', 'reasoning', { text: '9.8 is greater.', usage: { input_tokens: 17, output_tokens: 330 } }],
	])('of %s %s: %s', (provider, operation, name, reading) => {
		expect(dialects[provider].read(operation, bodyOf(provider, name))).toMatchObject(reading);
	});

	it('of embeddings is their usage', () => {
		const answer = { model: 'e', data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 5, total_tokens: 5 } };
		for (const provider of ['openai', 'mistral'] as const) {
			expect(dialects[provider].read('embeddings', answer)).toMatchObject({
				text: '',
				usage: { input_tokens: 5, output_tokens: 0 },
			});
		}
	});

	it.each<[Provider, Operation, JsonObject]>([
		['openai', 'chat', { error: { message: 'no' } }],
		['openai', 'chat', { choices: [] }],
		['openai', 'chat', { choices: [{ index: 0 }] }],
		['openai', 'embeddings', { data: [] }],
		['openai', 'embeddings', { data: [{ index: 0 }] }],
		['openai', 'responses', { error: { code: 'server_error' }, output: [] }],
		['openai', 'responses', { id: 'resp_1' }],
		['anthropic', 'messages', { type: 'error', error: { type: 'overloaded_error' } }],
		['anthropic', 'messages', { type: 'message' }],
		['mistral', 'chat', { detail: 'Unauthorized' }],
		['deepseek', 'chat', {}],
	])('is nothing where %s %s gave no answer: %j', (provider, operation, body) => {
		expect(dialects[provider].read(operation, body)).toBeNull();
		expect(dialects[provider].admit(operation, { input: 'a' }, body, strict)).toEqual({
			store: false,
			reason: 'malformed',
		});
	});
});

const SHELL_IN_CONTAINER = { type: 'container_reference', container_id: 'cntr_1' };
const FILE_IN_CONTAINER = { type: 'container_file_citation', container_id: 'cntr_1', file_id: 'cfile_1' };

describe('whether an answer may be stored', () => {
	it.each<[Provider, Operation, string, JsonObject]>([
		['openai', 'chat', 'truncated', chat({ content: 'Once' }, 'length')],
		['openai', 'chat', 'content_filter', chat({ content: 'Once' }, 'content_filter')],
		['openai', 'chat', 'refusal', bodyOf('openai', 'refusal')],
		['openai', 'chat', 'empty', chat({ content: ' \n' })],
		['openai', 'chat', 'empty', chat({ content: null })],
		['openai', 'chat', 'unfinished', chat({ content: 'Hi' }, null)],
		[
			'openai',
			'chat',
			'truncated',
			{
				choices: [chat({ content: 'a' }), chat({ content: 'b' }, 'length')].flatMap(
					({ choices }) => choices as JsonObject[],
				),
			},
		],
		['openai', 'responses', 'truncated', bodyOf('openai', 'responses-incomplete')],
		[
			'openai',
			'responses',
			'content_filter',
			response([said], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
		],
		['openai', 'responses', 'refusal', bodyOf('openai', 'responses-refusal')],
		['openai', 'responses', 'empty', response([{ type: 'reasoning', summary: [] }])],
		['openai', 'responses', 'tool_error', response([{ type: 'web_search_call', status: 'failed' }, said])],
		['openai', 'responses', 'tool_error', response([{ type: 'mcp_call', error: 'gone' }, said])],
		[
			'openai',
			'responses',
			'container',
			response([{ ...said, content: [{ type: 'output_text', text: 'x', annotations: [FILE_IN_CONTAINER] }] }]),
		],
		['openai', 'responses', 'container', response([{ type: 'code_interpreter_call', container_id: 'cntr_1' }, said])],
		['openai', 'responses', 'container', response([{ type: 'shell_call', environment: SHELL_IN_CONTAINER }, said])],
		['openai', 'responses', 'in_progress', response([said], { status: 'in_progress' })],
		['anthropic', 'messages', 'truncated', message([text], 'max_tokens')],
		['anthropic', 'messages', 'truncated', message([text], 'model_context_window_exceeded')],
		['anthropic', 'messages', 'refusal', bodyOf('anthropic', 'refusal')],
		['anthropic', 'messages', 'pause_turn', message([text], 'pause_turn')],
		['anthropic', 'messages', 'empty', message([])],
		['anthropic', 'messages', 'empty', message([{ type: 'thinking', thinking: 'Hm.' }])],
		[
			'anthropic',
			'messages',
			'tool_error',
			message([
				{
					type: 'web_search_tool_result',
					content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
				},
				text,
			]),
		],
		['anthropic', 'messages', 'tool_error', message([{ type: 'mcp_tool_result', is_error: true, content: [] }, text])],
		['anthropic', 'messages', 'unfinished', message([text], null)],
		['anthropic', 'messages', 'container', { ...message([text]), container: { id: 'c', expires_at: '2026-01-01' } }],
		['mistral', 'chat', 'truncated', chat({ content: 'Once' }, 'length')],
		['mistral', 'chat', 'truncated', chat({ content: 'Once' }, 'model_length')],
		['mistral', 'chat', 'error', chat({ content: 'Once' }, 'error')],
		['mistral', 'chat', 'empty', chat({ content: [{ type: 'thinking', thinking: [text] }] })],
		['deepseek', 'chat', 'truncated', chat({ content: 'Once' }, 'length')],
		['deepseek', 'chat', 'content_filter', chat({ content: 'Once' }, 'content_filter')],
		['deepseek', 'chat', 'insufficient_system_resource', chat({ content: 'Once' }, 'insufficient_system_resource')],
		['deepseek', 'chat', 'empty', chat({ content: '', reasoning_content: 'Hm.' })],
	])('not from %s %s: %s', (provider, operation, reason, answer) => {
		expect(dialects[provider].admit(operation, {}, answer, strict)).toEqual({ store: false, reason });
	});

	it.each<[Provider, Operation, JsonObject]>([
		['openai', 'chat', chat({ content: 'Once' }, 'length')],
		['openai', 'responses', bodyOf('openai', 'responses-incomplete')],
		['anthropic', 'messages', message([text], 'max_tokens')],
		['mistral', 'chat', chat({ content: 'Once' }, 'model_length')],
		['deepseek', 'chat', chat({ content: 'Once' }, 'length')],
	])('is the operator’s to decide for a cut one: %s %s', (provider, operation, answer) => {
		expect(dialects[provider].admit(operation, {}, answer, { storeTruncated: true })).toEqual({ store: true });
	});

	const refused = new Set(['refusal', 'responses-refusal', 'responses-incomplete']);
	const good = (['openai', 'anthropic', 'mistral', 'deepseek'] as const).flatMap((provider) =>
		wholeFixtures(provider)
			.filter(({ name }) => !refused.has(name))
			.map((fixture) => ({ provider, ...fixture })),
	);

	it.each(good)('yes: $provider $name', ({ provider, operation, request, body }) => {
		expect(dialects[provider].admit(operation, request, body, strict)).toEqual({ store: true });
	});

	it('embeddings only with a vector for each input', () => {
		const answer = (count: number): JsonObject => ({
			data: Array.from({ length: count }, (_, index) => ({ index, embedding: [1] })),
		});
		const { admit } = dialects.openai;
		for (const [input, count] of [
			['a', 1],
			[['a', 'b'], 2],
			[[1, 2, 3], 1],
			[[[1], [2]], 2],
		] as const) {
			const request = { input } as unknown as JsonObject;
			expect(admit('embeddings', request, answer(count), strict)).toEqual({ store: true });
			expect(admit('embeddings', request, answer(count + 1), strict)).toEqual({ store: false, reason: 'malformed' });
		}
	});
});

describe('an error body', () => {
	it.each<[Provider, number, JsonObject]>([
		['openai', 401, { error: { message: 'm', type: 'authentication_error', param: null, code: 'c' } }],
		['deepseek', 429, { error: { message: 'm', type: 'rate_limit_error', param: null, code: 'c' } }],
		['mistral', 404, { object: 'error', message: 'm', type: 'not_found_error', param: null, code: 'c' }],
		['anthropic', 401, { type: 'error', error: { type: 'authentication_error', message: 'm' } }],
		['anthropic', 529, { type: 'error', error: { type: 'overloaded_error', message: 'm' } }],
		['anthropic', 502, { type: 'error', error: { type: 'api_error', message: 'm' } }],
	])('of %s for a %d has its shape', (provider, status, body) => {
		expect(dialects[provider].errorBody(status, 'm', 'c')).toEqual(body);
	});
});
