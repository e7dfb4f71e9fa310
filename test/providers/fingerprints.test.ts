import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/shared/api-types.ts';
import { apis, keyOf, schema } from './support/apis.ts';

/** The same JSON with its members in the opposite order, at every level but within JSON schemas. */
function reversed(value: JsonValue): JsonValue {
	if (Array.isArray(value)) return value.map(reversed);
	if (typeof value !== 'object' || value === null || value === schema) return value;
	return Object.fromEntries(
		Object.entries(value)
			.reverse()
			.map(([name, member]) => [name, reversed(member)]),
	);
}

describe.each(apis)('the fingerprint of a $provider $operation request', (api) => {
	const key = keyOf(api, api.body);
	const full = { ...api.body, ...api.significant };

	it('does not depend on the order of members', () => {
		expect(keyOf(api, reversed(full) as JsonObject)).toBe(keyOf(api, full));
	});

	it.each(Object.entries(api.omitted))('does not depend on %s', (name, value) => {
		expect(keyOf(api, { ...api.body, [name]: value })).toBe(key);
		expect(keyOf(api, { ...api.body, [name]: null })).toBe(key);
	});

	it('is the same with stream false, true and absent', () => {
		for (const stream of [false, true]) expect(keyOf(api, { ...api.body, stream })).toBe(key);
	});

	it.each(Object.entries(api.significant))('depends on %s, unless that is null', (name, value) => {
		expect(keyOf(api, { ...api.body, [name]: value })).not.toBe(key);
		expect(keyOf(api, { ...api.body, [name]: null })).toBe(key);
	});

	it('depends on each of the parameters that the request has, and on their values', () => {
		for (const name of Object.keys(api.body)) {
			const { [name]: _left, ...without } = api.body;
			expect(keyOf(api, without)).not.toBe(key);
			expect(keyOf(api, { ...api.body, [name]: 'other' })).not.toBe(key);
		}
	});
});

describe('one text part alone', () => {
	const ask = (content: JsonValue): JsonObject => ({ model: 'm', messages: [{ role: 'user', content }] });
	const part = { type: 'text', text: 'Hello' };

	it.each(apis.filter(({ operation }) => operation === 'chat' || operation === 'messages'))(
		'means the same to $provider as the text; two, or another kind, do not',
		(api) => {
			const key = keyOf(api, ask('Hello'));
			expect(keyOf(api, ask([part]))).toBe(key);
			expect(keyOf(api, ask([{ ...part, citations: null }]))).toBe(key);
			expect(keyOf(api, ask([part, part]))).not.toBe(key);
			expect(keyOf(api, ask([{ ...part, mood: 'glad' }]))).not.toBe(key);
			expect(keyOf(api, ask([{ type: 'other', text: 'Hello' }]))).not.toBe(key);
			expect(keyOf(api, ask('Hello '))).not.toBe(key);
		},
	);

	it('means the same as Anthropic’s system text', () => {
		const api = apis.find(({ provider }) => provider === 'anthropic')!;
		const system = (value: JsonValue) => keyOf(api, { ...api.body, system: value });
		expect(system([{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }])).toBe(
			system('Be brief.'),
		);
	});

	it('and the short forms of input mean the same to the responses API', () => {
		const api = apis.find(({ operation }) => operation === 'responses')!;
		const input = (value: JsonValue) => keyOf(api, { model: 'm', input: value });
		const key = input('Hello');
		expect(input([{ role: 'user', content: 'Hello' }])).toBe(key);
		expect(input([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }])).toBe(key);
		expect(input([{ role: 'developer', content: 'Hello' }])).not.toBe(key);
	});
});

it('a response that OpenAI is not to keep is another than one that can be continued by its id', () => {
	const api = apis.find(({ operation }) => operation === 'responses')!;
	const store = (value: JsonValue) => keyOf(api, { ...api.body, store: value });
	expect(store(false)).not.toBe(keyOf(api, api.body));
	expect([store(true), store(null)]).toEqual([keyOf(api, api.body), keyOf(api, api.body)]);
	expect(keyOf(apis[0]!, { ...apis[0]!.body, store: false })).toBe(keyOf(apis[0]!, apis[0]!.body));
});

describe('what belongs to the caller', () => {
	const anthropic = apis.find(({ provider }) => provider === 'anthropic')!;
	const openai = apis[0]!;

	it('loses Anthropic’s cache marks wherever they stand', () => {
		const mark = { cache_control: { type: 'ephemeral' } };
		const body = (more: JsonObject): JsonObject => ({
			model: 'm',
			tools: [{ name: 'f', input_schema: schema, ...more }],
			messages: [
				{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { a: 1 }, ...more }] },
				{
					role: 'user',
					content: [
						{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x', ...more }], ...more },
					],
				},
			],
		});
		expect(keyOf(anthropic, body(mark))).toBe(keyOf(anthropic, body({})));
	});

	it.each(['openai', 'mistral', 'deepseek'] as const)('loses the marks of the prompt cache at %s too', (provider) => {
		const api = apis.find((one) => one.provider === provider)!;
		const body = (more: JsonObject): JsonObject => ({
			messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello', ...more }] }],
		});
		for (const mark of ['cache_control', 'prompt_cache_breakpoint'])
			expect(keyOf(api, body({ [mark]: { type: 'ephemeral' } }))).toBe(keyOf(api, body({})));
	});

	it('counts a member that has the name of what objects inherit', () => {
		for (const api of apis) {
			const named = JSON.parse('{"model":"m","__proto__":{"a":1}}') as JsonObject;
			expect(keyOf(api, named)).not.toBe(keyOf(api, { model: 'm' }));
		}
	});

	it('takes a tool whose input Anthropic streams eagerly for the same tool', () => {
		const body = (more: JsonObject): JsonObject => ({
			model: 'm',
			tools: [{ name: 'f', input_schema: schema, ...more }],
			messages: [{ role: 'user', content: 'Hi' }],
		});
		expect(keyOf(anthropic, body({ eager_input_streaming: true }))).toBe(keyOf(anthropic, body({})));
	});

	it('keeps members of that name, and nulls, that are a tool’s own', () => {
		const called = (input: JsonObject): JsonObject => ({
			messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input }] }],
		});
		const plain = keyOf(anthropic, called({ a: 1 }));
		expect(keyOf(anthropic, called({ a: 1, cache_control: 'public' }))).not.toBe(plain);
		expect(keyOf(anthropic, called({ a: 1, b: null }))).not.toBe(plain);
		const declared = (parameters: JsonObject): JsonObject => ({
			tools: [{ type: 'function', function: { parameters } }],
		});
		expect(keyOf(openai, declared({ default: null }))).not.toBe(keyOf(openai, declared({})));
	});

	it('loses nulls elsewhere, at any depth, but none from an array', () => {
		const message = (more: JsonObject): JsonObject => ({ messages: [{ role: 'user', content: 'x', ...more }] });
		expect(keyOf(openai, message({ name: null }))).toBe(keyOf(openai, message({})));
		expect(keyOf(openai, { stop: ['a', null] })).not.toBe(keyOf(openai, { stop: ['a'] }));
	});
});
