import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/api-types.ts';
import { Assembly } from '../../src/services/streaming/stream-collector.ts';
import { parseExactly } from '../../src/providers/json/lossless-json.ts';
import { dialects } from '../../src/providers/registry.ts';
import { decode, streamText, wholeFixtures } from './support/fixtures.ts';

const { replay, assembler } = dialects.anthropic;

const whole = (more: JsonObject): JsonObject => ({
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	content: [],
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 1, output_tokens: 2 },
	...more,
});

const eventsOf = (answer: JsonObject): JsonObject[] =>
	decode(Buffer.from(replay('messages', {}, answer).join(''))).map(({ data }) => JSON.parse(data) as JsonObject);

const deltasOf = (answer: JsonObject): JsonObject[] =>
	eventsOf(answer).flatMap(({ delta, index }) => (index === undefined ? [] : [delta as JsonObject].filter(Boolean)));

const inputOf = (events: { partial_json?: string }[]): string =>
	events.map(({ partial_json: json = '' }) => json).join('');

describe('a replayed message', () => {
	it('has its tools’ input written as Claude writes it', () => {
		const fixture = wholeFixtures('anthropic').find(({ name }) => name === 'parallel-tools')!;
		const original = fixture.events.flatMap(({ data }) => {
			const { delta } = data as { delta?: { partial_json?: string } };
			return delta ? [delta] : [];
		});
		expect(inputOf(deltasOf(fixture.body))).toBe(inputOf(original));
		const input = { a: [1, 'x, y: z', null, {}], b: { c: [], d: -0.5, e: true } };
		const tool = { type: 'tool_use', id: 't', name: 'f', input };
		expect(inputOf(deltasOf(whole({ content: [tool] })))).toBe(
			'{"a": [1, "x, y: z", null, {}], "b": {"c": [], "d": -0.5, "e": true}}',
		);
	});

	it('keeps all digits of its tools’ input, from the stream to the stored body and from there to the replay', () => {
		const json = '{"id": 12345678901234567890, "__proto__": {"x": -9007199254740993}}';
		const tool = { type: 'tool_use', id: 't', name: 'f', input: JSON.parse(json) as JsonObject };
		const text = replay('messages', {}, whole({ content: [{ ...tool, input: parseExactly(json) as JsonObject }] }));
		expect(
			inputOf(
				decode(Buffer.from(text.join(''))).map(({ data }) => (JSON.parse(data) as { delta?: object }).delta ?? {}),
			),
		).toBe(json);
		const body = new Assembly(assembler('messages', {}), 1e6).push(Buffer.from(text.join('')));
		expect(JSON.stringify(body)).toContain('"input":{"id":12345678901234567890,"__proto__":{"x":-9007199254740993}}');
	});

	it('tells a compaction in its one delta', () => {
		const fixture = wholeFixtures('anthropic').find(({ name }) => name === 'compaction')!;
		const originals = streamText(fixture);
		const ofBlock = (text: string): unknown[] =>
			decode(Buffer.from(text))
				.map(({ data }) => JSON.parse(data) as JsonObject)
				.filter(({ index }) => index === 0);
		expect(ofBlock(replay('messages', {}, fixture.body).join(''))).toEqual(ofBlock(originals));
	});

	it('says at its start nothing of the context that was managed', () => {
		const managed = { applied_edits: [] };
		const [start, ...rest] = eventsOf(whole({ context_management: managed }));
		expect(start).not.toHaveProperty('message.context_management');
		expect(rest).toContainEqual(expect.objectContaining({ type: 'message_delta', context_management: managed }));
	});

	it('cites before it says', () => {
		const citation = { type: 'char_location', cited_text: 'c' };
		const block = { type: 'text', text: 'Found', citations: [citation] };
		expect(deltasOf(whole({ content: [block] })).map(({ type }) => type)).toEqual(['citations_delta', 'text_delta']);
	});
});
