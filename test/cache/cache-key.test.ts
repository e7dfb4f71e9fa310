import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/api-types.ts';
import { canonicalJson, fingerprint, KEY_SCHEMA, type FingerprintParts } from '../../src/cache/cache-key.ts';

const parts: FingerprintParts = {
	provider: 'openai',
	baseUrl: 'https://api.openai.com/v1',
	operation: 'chat',
	model: 'gpt-4o',
	modelVersion: 1,
	scope: 'shared',
	scopeId: '',
	headers: {},
	body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'A secret question' }] },
};

describe('canonical JSON', () => {
	it.each([
		[{ type: 1, source: { url: [3, { name: 1, id: null }], data: 'é' } }],
		[[1e21, 1e-7, 0.1, -0, 100, 4.5e-320, 9007199254740992]],
		[{ '\u20ac': 'Euro', '\r': 'CR', '\ufb33': 'Hebrew', '1': 'One', '😀': 'Emoji', '\u0080': 'Control', ö: 'o' }],
		[{ a: undefined, b: 2 }],
		['a "quoted" \\ text \u0000 \u2028 \n'],
		[[[], {}, null, true, false, '']],
	])('of %j is what the RFC’s own algorithm writes', (value) => {
		expect(canonicalJson(value as never)).toBe(canonicalize(value));
	});
});

describe('a fingerprint', () => {
	it('is the SHA-256 of all its parts, and readable by provider and model', () => {
		const { provider, baseUrl, operation, model, modelVersion, scope, scopeId, headers, body } = parts;
		const canonical = canonicalize([
			KEY_SCHEMA,
			provider,
			baseUrl,
			operation,
			model,
			modelVersion,
			scope,
			scopeId,
			headers,
			body,
		]);
		const digest = createHash('sha256').update(canonical!).digest('base64url');
		expect(fingerprint(parts)).toBe(`openai:gpt-4o:${digest}`);
	});

	it('does not depend on the order of members', () => {
		const body = { messages: [{ content: 'A secret question', role: 'user' }], model: 'gpt-4o' };
		expect(fingerprint({ ...parts, body })).toBe(fingerprint(parts));
	});

	const forwards = { type: 'object', properties: { verdict: { type: 'string' }, why: { type: 'string' } } };
	const backwards = { type: 'object', properties: { why: { type: 'string' }, verdict: { type: 'string' } } };

	it.each<[string, (object: JsonObject) => JsonObject]>([
		['chat response format', (schema) => ({ response_format: { type: 'json_schema', json_schema: { schema } } })],
		['tool of chat', (parameters) => ({ tools: [{ type: 'function', function: { name: 'f', parameters } }] })],
		['tool of responses', (parameters) => ({ tools: [{ type: 'function', name: 'f', parameters }] })],
		['text format of responses', (schema) => ({ text: { format: { type: 'json_schema', name: 'n', schema } } })],
		['tool of Anthropic', (input_schema) => ({ tools: [{ name: 'f', input_schema }] })],
		['output format of Anthropic', (schema) => ({ output_config: { format: { type: 'json_schema', schema } } })],
		['tool example of Anthropic', (example) => ({ tools: [{ name: 'f', input_examples: [example] }] })],
		['tool use of Anthropic', (input) => ({ messages: [{ content: [{ type: 'tool_use', input }] }] })],
		['tool call', (args) => ({ messages: [{ tool_calls: [{ function: { name: 'f', arguments: args } }] }] })],
		['tool result', ({ properties = {} }) => ({ messages: [{ role: 'tool', content: properties }] })],
		['prompt template', (variables) => ({ prompt: { id: 'p', variables } })],
		['guided decoding of vLLM', (guided_json) => ({ guided_json })],
		['content part of an unknown type', (json) => ({ messages: [{ content: [{ type: 'json', json }] }] })],
		['member that nobody knows', (unknown_option) => ({ unknown_option })],
		[
			'tool result that has a type',
			(content) => ({ messages: [{ role: 'tool', content: { type: 'x', ...content } }] }),
		],
		['JSON schema of llama.cpp', (json_schema) => ({ json_schema })],
	])('changes with the order of members in a %s', (_what, body) => {
		const one = fingerprint({ ...parts, body: body(forwards) });
		expect(fingerprint({ ...parts, body: body(backwards) })).not.toBe(one);
		expect(fingerprint({ ...parts, body: body(structuredClone(forwards)) })).toBe(one);
	});

	it('does not change with the order of members around a schema', () => {
		const one = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: backwards } }, model: 'm' };
		const other = {
			model: 'm',
			response_format: { json_schema: { schema: backwards, name: 'n' }, type: 'json_schema' },
		};
		expect(fingerprint({ ...parts, body: one })).toBe(fingerprint({ ...parts, body: other }));
	});

	it('does not change with the order of members in the items of an input', () => {
		const one = { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }] };
		const other = { input: [{ content: [{ text: 'Hi', type: 'input_text' }], role: 'user' }] };
		expect(fingerprint({ ...parts, body: one })).toBe(fingerprint({ ...parts, body: other }));
	});

	it.each<[keyof FingerprintParts, Partial<FingerprintParts>]>([
		['provider', { provider: 'deepseek' }],
		['baseUrl', { baseUrl: 'https://proxy.example/v1' }],
		['operation', { operation: 'responses' }],
		['model', { model: 'gpt-4o-mini' }],
		['modelVersion', { modelVersion: 2 }],
		['scope', { scope: 'user' }],
		['scopeId', { scope: 'shared', scopeId: 'u1' }],
		['headers', { headers: { 'anthropic-version': '2023-06-01' } }],
		['body', { body: { ...parts.body, temperature: 0 } }],
	])('changes with the %s', (_, change) => {
		expect(fingerprint({ ...parts, ...change })).not.toBe(fingerprint(parts));
	});

	it('is safe in a path and in a Redis key, and holds nothing of the prompt', () => {
		const key = fingerprint({ ...parts, model: 'ft:gpt-4o:Ünï/{x} y*\n' + 'z'.repeat(200) });
		expect(key).toMatch(/^openai:[A-Za-z0-9._-]{1,64}:[A-Za-z0-9_-]{43}$/);
		expect(key).not.toContain('secret');
	});
});
