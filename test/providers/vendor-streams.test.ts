import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { Assembly } from '../../src/services/streaming/stream-collector.ts';

const { openai } = dialects;
const HEAD = '"id":"x","object":"chat.completion.chunk","created":1,"model":"m"';

/** The answer that these lines make, and whether it is stored. */
function collect(lines: readonly string[], lineEnd = '\n'): { body: JsonObject; stored: boolean } | null {
	const assembly = new Assembly(openai.assembler('chat', {}), 1e6);
	const text = lines.map((line) => line + lineEnd + lineEnd).join('');
	const body = assembly.push(Buffer.from(text)) ?? assembly.end();
	return body && { body, stored: openai.admit('chat', {}, body, { storeTruncated: false }).store };
}

const messageIn = (lines: readonly string[], lineEnd?: string): unknown => {
	const answer = collect(lines, lineEnd);
	expect(answer?.stored).toBe(true);
	return (answer?.body['choices'] as { message: unknown }[])[0]?.message;
};

const choice = (members: string, more = ''): string => `data: {${HEAD},"choices":[{"index":0,${members}}]${more}}`;
const BLUE = choice('"delta":{"role":"assistant","content":"Blue"},"finish_reason":null');
const STOP = choice('"delta":{},"finish_reason":"stop"');
const DONE = 'data: [DONE]';

describe('the text of a stream of a server that speaks OpenAI’s protocol', () => {
	it.each<[string, string[], string?]>([
		['vLLM, whose usage comes with empty choices', [BLUE, STOP, `data: {${HEAD},"choices":[],"usage":{}}`, DONE]],
		[
			'llama.cpp, with timings beside the last choice',
			[BLUE, choice('"delta":{},"finish_reason":"stop"', ',"timings":{"n":1}')],
		],
		[
			'Ollama, which repeats the role',
			[BLUE, choice('"delta":{"role":"assistant","content":""},"finish_reason":"stop"'), DONE],
		],
		[
			'Azure, whose first chunk has no choices',
			[`data: {${HEAD},"choices":[],"prompt_filter_results":[]}`, BLUE, STOP, DONE],
		],
		['OpenRouter, with comment lines', [': OPENROUTER PROCESSING', BLUE, ': OPENROUTER PROCESSING', STOP, DONE]],
		['a gateway that leaves choices out', [`data: {${HEAD}}`, BLUE, STOP, `data: {${HEAD},"usage":null}`, DONE]],
		['a gateway with choices of null', [`data: {${HEAD},"choices":null}`, BLUE, STOP, DONE]],
		['a server that writes no space', [BLUE, STOP, DONE].map((line) => line.replace('data: ', 'data:'))],
		['a server that ends lines by CRLF', [BLUE, STOP, DONE], '\r\n'],
		['a server that begins with a BOM', [`\uFEFF${BLUE}`, STOP, DONE]],
		['LocalAI, with a null delta at the end', [BLUE, choice('"delta":null,"finish_reason":"stop"'), DONE]],
		['a server with numeric ids', [BLUE, STOP, DONE].map((line) => line.replace('"id":"x"', '"id":17'))],
		['a server that leaves the index out', [BLUE, STOP, DONE].map((line) => line.replace('"index":0,', ''))],
		[
			'a server that says no error by an empty text',
			[BLUE, choice('"delta":{},"finish_reason":"stop"', ',"error":""'), DONE],
		],
	])('is whole: %s', (_server, lines, lineEnd) => {
		expect(messageIn(lines, lineEnd)).toMatchObject({ role: 'assistant', content: 'Blue' });
	});

	it('is kept in parts', () => {
		const parts = choice('"delta":{"role":"assistant","content":[{"type":"text","text":"Blue"}]}');
		expect(messageIn([parts, STOP, DONE])).toMatchObject({ content: [{ type: 'text', text: 'Blue' }] });
	});

	it('keeps the usage that came before an empty one', () => {
		const used = choice('"delta":{"content":"Blue"}', ',"usage":{"prompt_tokens":3,"completion_tokens":4}');
		const answer = collect([used, choice('"delta":{},"finish_reason":"stop"', ',"usage":{"prompt_tokens":0}'), DONE]);
		expect(answer?.body['usage']).toEqual({ prompt_tokens: 3, completion_tokens: 4 });
	});
});

describe('a tool call of such a stream', () => {
	const call = (members: string): string => choice(`"delta":{"tool_calls":[{${members}}]}`);
	const CALLED = choice('"delta":{},"finish_reason":"tool_calls"');
	const LOOK = { function: { name: 'look', arguments: '{"a":1}' } };

	it.each<[string, string[]]>([
		[
			'without index or id',
			[call('"function":{"name":"look","arguments":"{\\"a\\":"}'), call('"function":{"arguments":"1}"}')],
		],
		[
			'with its name in every piece',
			[
				call('"index":0,"id":"a","function":{"name":"look","arguments":"{\\"a\\":"}'),
				call('"index":0,"id":"a","function":{"name":"look","arguments":"1}"}'),
			],
		],
		[
			'with a numeric id',
			[
				call('"index":0,"id":7,"function":{"name":"look","arguments":"{\\"a\\":"}'),
				call('"index":0,"id":7,"function":{"arguments":"1}"}'),
			],
		],
	])('is put together: %s', (_what, lines) => {
		expect(messageIn([...lines, CALLED, DONE])).toMatchObject({ tool_calls: [LOOK] });
	});
});

it('a replayed image or search begins without its result', () => {
	const image = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'aGk=' };
	const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } };
	const answer: JsonObject = { id: 'r', object: 'response', status: 'completed', output: [image, search] };
	const added = openai
		.replay('responses', {}, answer)
		.filter((event) => event.startsWith('event: response.output_item.added'))
		.map((event) => (JSON.parse(event.split('data: ')[1]!) as { item: JsonObject }).item);
	expect(added).toEqual([
		{ type: 'image_generation_call', id: 'ig_1', status: 'in_progress', result: null },
		{ type: 'web_search_call', id: 'ws_1', status: 'in_progress' },
	]);
});

it('audio says when it expires', () => {
	const audio = { id: 'audio_1', data: 'aGk=', transcript: 'Hi', expires_at: 1_700_000_000 };
	const answer: JsonObject = { choices: [{ message: { content: null, audio }, finish_reason: 'stop' }] };
	expect(openai.read('chat', answer)).toMatchObject({ expiresAt: 1_700_000_000 });
});

it('an answer of images alone is stored', () => {
	const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }];
	const answer: JsonObject = { choices: [{ message: { content: '', images }, finish_reason: 'stop' }] };
	expect(openai.admit('chat', {}, answer, { storeTruncated: false })).toEqual({ store: true });
});
