import { describe, expect, it } from 'vitest';

import type { JsonObject, Operation, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { eventText } from '../../src/providers/http/sse.ts';
import { Assembly } from '../../src/services/streaming/stream-collector.ts';
import { decode, streamText, wholeFixtures } from './support/fixtures.ts';
import { RandomAnswers } from './support/random-answers.ts';

const REQUEST: JsonObject = { stream: true, stream_options: { include_usage: true } };

function assembled(provider: Provider, operation: Operation, text: string, chunkSize?: number) {
	const assembler = dialects[provider].assembler(operation, REQUEST);
	for (const event of decode(Buffer.from(text), chunkSize)) assembler.push(event);
	return assembler.result();
}

/** The stream of one choice that these deltas make, with its proper end. */
function chatStream(choices: JsonObject[]): string {
	const head = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' };
	const events = choices.map((choice) => JSON.stringify({ ...head, choices: [{ index: 0, ...choice }] }));
	return [...events, '[DONE]'].map((data) => eventText(data)).join('');
}

function messageOf(provider: Provider, choices: JsonObject[]): unknown {
	const result = assembled(provider, 'chat', chatStream(choices));
	if (!result.complete) return result;
	return (result.body['choices'] as { message: JsonObject }[])[0]?.message;
}

describe.each(['openai', 'mistral', 'deepseek', 'anthropic'] as const)('random answers of %s', (provider) => {
	it('are the same after they were replayed and put together again', () => {
		const operation = provider === 'anthropic' ? 'messages' : 'chat';
		for (let seed = 1; seed <= 500; seed++) {
			const random = new RandomAnswers(seed);
			const body = provider === 'anthropic' ? random.message() : random.chat(provider);
			const text = dialects[provider].replay(operation, REQUEST, structuredClone(body)).join('');
			expect(assembled(provider, operation, text, 1 + (seed % 700)), `seed ${seed}`).toEqual({ complete: true, body });
		}
	});
});

describe('a chat stream', () => {
	const call = (index: number, more: JsonObject): JsonObject => ({ delta: { tool_calls: [{ index, ...more }] } });

	it('that repeats ids, names and roles empty keeps the first ones', () => {
		const message = messageOf('openai', [
			{ delta: { role: 'assistant', content: null } },
			call(0, { id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }),
			call(0, { id: '', type: '', function: { name: '', arguments: '{"a":' } }),
			call(0, { id: null, function: { name: null, arguments: '1}' } }),
			{ delta: { role: '' }, finish_reason: 'tool_calls' },
		]);
		expect(message).toEqual({
			role: 'assistant',
			content: null,
			tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
		});
	});

	it('that gives two calls one index keeps them apart', () => {
		const message = messageOf('mistral', [
			call(0, { id: 'a', function: { name: 'look', arguments: '{"x":1}' } }),
			call(0, { id: 'b', function: { name: 'look', arguments: '{"x":2}' } }),
			{ delta: {}, finish_reason: 'tool_calls' },
		]);
		expect(message).toEqual({
			tool_calls: [
				{ id: 'a', index: 0, function: { name: 'look', arguments: '{"x":1}' } },
				{ id: 'b', index: 0, function: { name: 'look', arguments: '{"x":2}' } },
			],
		});
	});

	it('that has the word null for an id goes on with the call of that index, or else with the last', () => {
		for (const place of [{ index: 0 }, {}]) {
			const calls = (more: JsonObject): JsonObject => ({ delta: { tool_calls: [{ ...place, ...more }] } });
			const message = messageOf('mistral', [
				calls({ id: 'a', function: { name: 'look', arguments: '' } }),
				calls({ id: 'null', function: { name: '', arguments: '{"a":' } }),
				calls({ function: { name: '', arguments: '1' } }),
				calls({ id: 'a', function: { arguments: '}' } }),
				{ delta: {}, finish_reason: 'tool_calls' },
			]);
			expect(message).toEqual({
				tool_calls: [{ id: 'a', ...place, function: { name: 'look', arguments: '{"a":1}' } }],
			});
		}
	});

	it('whose calls have no index takes each that is named for a new one', () => {
		const whole = (name: string): JsonObject => ({
			delta: { tool_calls: [{ id: 'null', function: { name, arguments: '{}' } }] },
		});
		const message = messageOf('mistral', [whole('one'), whole('two'), { delta: {}, finish_reason: 'tool_calls' }]);
		expect(message).toMatchObject({ tool_calls: [{ function: { name: 'one' } }, { function: { name: 'two' } }] });
	});

	it('whose calls are counted from 1 leaves no hole', () => {
		const one = { id: 'a', type: 'function', function: { name: 'one', arguments: '{}' } };
		const message = messageOf('openai', [call(1, one), { delta: {}, finish_reason: 'tool_calls' }]);
		expect(message).toEqual({ tool_calls: [one] });
	});

	it('whose calls come in turns puts each together', () => {
		const message = messageOf('openai', [
			call(1, { id: 'b', type: 'function', function: { name: 'two', arguments: '' } }),
			call(0, { id: 'a', type: 'function', function: { name: 'one', arguments: '' } }),
			call(1, { function: { arguments: '[2' } }),
			call(0, { function: { arguments: '[1]' } }),
			call(1, { function: { arguments: ']' } }),
			{ delta: {}, finish_reason: 'tool_calls' },
		]);
		expect(message).toMatchObject({
			tool_calls: [{ function: { arguments: '[1]' } }, { function: { arguments: '[2]' } }],
		});
	});

	it.each<[string, string]>([
		['an object', '{"error":{"message":"Overloaded"}}'],
		['a text', '{"error":"Overloaded"}'],
	])('with an error that is %s is no answer, even where it ends properly', (_what, data) => {
		const [start = '', ...end] = chatStream([{ delta: { content: 'Hi' }, finish_reason: 'stop' }]).split(
			'data: [DONE]',
		);
		const text = `${start}${eventText(data)}data: [DONE]${end.join('')}`;
		expect(assembled('openai', 'chat', text)).toEqual({ complete: false, reason: 'error_event' });
	});

	it('is read with any line ends, comments, retries and spacing', () => {
		const plain = chatStream([
			{ delta: { role: 'assistant', content: 'Hi  there' } },
			{ delta: {}, finish_reason: 'stop' },
		]);
		const result = assembled('openai', 'chat', plain);
		expect(result.complete).toBe(true);
		const variants = [
			`\uFEFF${plain}`,
			plain.replaceAll('\n', '\r\n'),
			plain.replaceAll('data: ', 'data:'),
			plain.replace('data: [DONE]', 'data:\n\ndata: \n\ndata: [DONE] '),
			`: PROCESSING\n\nretry: 3000\n\n${plain.replaceAll('data: ', ': ping\nid: 7\ndata: ')}`,
		];
		for (const variant of variants) {
			for (const chunkSize of [1, 7, 10_000])
				expect(assembled('openai', 'chat', variant, chunkSize), variant).toEqual(result);
		}
	});
});

describe('log probabilities', () => {
	const answer = (message: JsonObject, logprobs: JsonObject): JsonObject => ({
		id: 'x',
		object: 'chat.completion',
		choices: [{ index: 0, message, logprobs, finish_reason: 'stop' }],
	});
	const token = (text: string): JsonObject => ({ token: text, logprob: -0.1, bytes: null, top_logprobs: [] });
	const toolCalls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }];

	it.each<[string, Provider, JsonObject]>([
		[
			'of reasoning',
			'deepseek',
			answer(
				{ role: 'assistant', content: 'Hi', reasoning_content: 'Hm so' },
				{ content: [token('Hi')], reasoning_content: [token('Hm'), token(' so')] },
			),
		],
		[
			'of a tool call, which has none',
			'openai',
			answer({ role: 'assistant', content: null, tool_calls: toolCalls }, { content: null, refusal: null }),
		],
		['of an empty text', 'openai', answer({ role: 'assistant', content: '' }, { content: [], refusal: null })],
	])('%s survive a replay', (_what, provider, body) => {
		const text = dialects[provider].replay('chat', REQUEST, structuredClone(body)).join('');
		expect(assembled(provider, 'chat', text)).toEqual({ complete: true, body });
	});
});

describe.each<[Provider, Operation, string]>([
	['openai', 'chat', 'text'],
	['openai', 'responses', 'responses-text'],
	['anthropic', 'messages', 'text'],
])('a stream of %s (%s) that comes in one piece', (provider, operation, name) => {
	const fixture = wholeFixtures(provider).find((one) => one.name === name)!;

	it.each([
		['`[DONE]` after its end', (text: string) => `${text}data: [DONE]\n\n`],
		['an event without data after its end', (text: string) => `${text}data:\n\n`],
	])('is whole with %s', (_what, changed) => {
		const assembly = new Assembly(dialects[provider].assembler(operation, fixture.request), 1e6);
		expect(assembly.push(Buffer.from(changed(streamText(fixture))))).toEqual(fixture.body);
	});

	it('is no answer with an error event that has no data', () => {
		const assembly = new Assembly(dialects[provider].assembler(operation, fixture.request), 1e6);
		expect(assembly.push(Buffer.from(`event: error\ndata:\n\n${streamText(fixture)}`))).toBeNull();
	});
});

it('a message whose last event is named by its line alone is whole', () => {
	const fixture = wholeFixtures('anthropic').find(({ name }) => name === 'text')!;
	const text = streamText(fixture).replace('{"type":"message_stop"}', '{}');
	expect(text).toContain('event: message_stop\ndata: {}');
	const assembly = new Assembly(dialects.anthropic.assembler('messages', fixture.request), 1e6);
	expect(assembly.push(Buffer.from(text))).toEqual(fixture.body);
});
