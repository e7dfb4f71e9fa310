import { describe, expect, it } from 'vitest';
import type { JsonObject, Operation, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { eventText } from '../../src/providers/http/sse.ts';
import { Assembly } from '../../src/services/streaming/stream-collector.ts';

const HEAD: JsonObject = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' };
const DONE = eventText('[DONE]');

const chunk = (choice: JsonObject, more: JsonObject = {}): string =>
	eventText(JSON.stringify({ ...HEAD, choices: [{ index: 0, ...choice }], ...more }));

/** The body that a properly ended stream makes, or null. */
function collect(text: string, provider: Provider = 'openai', operation: Operation = 'chat'): JsonObject | null {
	const assembly = new Assembly(dialects[provider].assembler(operation, {}), 1e6);
	return assembly.push(Buffer.from(text)) ?? assembly.end();
}

/** The choice that a stream makes, and why it is not stored. */
function outcome(text: string): { text: unknown; ending: unknown; notStored: string | null } {
	const body = collect(text);
	if (body === null) return { text: null, ending: null, notStored: 'cut' };
	const [choice] = body['choices'] as { message: JsonObject; finish_reason: string | null }[];
	const admission = dialects.openai.admit('chat', {}, body, { storeTruncated: false });
	return {
		text: choice?.message['content'],
		ending: choice?.finish_reason,
		notStored: admission.store ? null : admission.reason,
	};
}

describe('the word for how a stream ended', () => {
	const said = chunk({ delta: { content: 'Blue wh' }, finish_reason: null });
	const usage = chunk({ delta: {}, finish_reason: '' }, { usage: { prompt_tokens: 1, completion_tokens: 2 } });
	const ended = (reason: string): string => chunk({ delta: {}, finish_reason: reason });

	it.each<[string, string | null, string | null]>([
		['length', 'length', 'truncated'],
		['content_filter', 'content_filter', 'content_filter'],
		['stop', 'stop', null],
		['STOP', 'STOP', null],
		['eos', 'eos', null],
		['max_completion_tokens', 'max_completion_tokens', 'truncated'],
		['vendor_specific', 'vendor_specific', 'unknown_finish'],
	])('%s is not taken back by a later empty one', (reason, ending, notStored) => {
		expect(outcome(said + ended(reason) + usage + DONE)).toEqual({ text: 'Blue wh', ending, notStored });
	});

	it('is not made good by a later good one', () => {
		expect(outcome(said + ended('length') + ended('stop') + DONE)).toMatchObject({ notStored: 'truncated' });
	});

	it.each([null, '', ' '])('%j alone leaves the answer unfinished', (finish_reason) => {
		expect(outcome(said + chunk({ delta: {}, finish_reason }) + DONE)).toMatchObject({ notStored: 'unfinished' });
	});

	it('counts for every choice', () => {
		const second = eventText(JSON.stringify({ ...HEAD, choices: [{ index: 1, delta: { content: 'b' } }] }));
		expect(outcome(said + second + ended('stop') + DONE)).toMatchObject({ notStored: 'unfinished' });
	});

	it('makes a stream whole that ends properly without [DONE]', () => {
		expect(outcome(said + ended('stop'))).toEqual({ text: 'Blue wh', ending: 'stop', notStored: null });
		expect(outcome(said)).toMatchObject({ notStored: 'cut' });
	});

	it.each<[Provider, Operation, JsonObject]>([
		['openai', 'chat', { choices: [{ index: 0, message: { content: 'Blue' }, finish_reason: '' }] }],
		['mistral', 'chat', { choices: [{ index: 0, message: { content: 'Blue' }, finish_reason: '' }] }],
		['deepseek', 'chat', { choices: [{ index: 0, message: { content: 'Blue' }, finish_reason: '' }] }],
		['anthropic', 'messages', { type: 'message', content: [{ type: 'text', text: 'Blue' }], stop_reason: '' }],
		[
			'openai',
			'responses',
			{ status: '', output: [{ type: 'message', content: [{ type: 'output_text', text: 'Blue' }] }] },
		],
	])('is missing from a whole answer of %s (%s) if it is empty', (provider, operation, body) => {
		const admission = dialects[provider].admit(operation, {}, body, { storeTruncated: false });
		expect(admission).toEqual({ store: false, reason: 'unfinished' });
	});
});

describe('a message beside its deltas', () => {
	it.each([
		['after', (message: string, delta: string) => ({ delta: { content: delta }, message: { content: message } })],
		['before', (message: string, delta: string) => ({ message: { content: message }, delta: { content: delta } })],
	])('that comes %s them is not added to them', (_when, choice) => {
		const text =
			chunk(choice('Blue', 'Blue')) + chunk({ ...choice('Blue whale', ' whale'), finish_reason: 'stop' }) + DONE;
		expect(outcome(text)).toEqual({ text: 'Blue whale', ending: 'stop', notStored: null });
	});

	it('counts if the deltas say nothing', () => {
		const text =
			chunk({ delta: {}, message: { content: 'Blue' } }) +
			chunk({ delta: {}, message: { content: 'Blue whale' }, finish_reason: 'stop' }) +
			DONE;
		expect(outcome(text)).toMatchObject({ text: 'Blue whale', notStored: null });
	});

	it('makes no answer if it comes in contradicting versions', () => {
		const text =
			chunk({ message: { content: 'Red' } }) + chunk({ message: { content: 'Blue' }, finish_reason: 'stop' });
		expect(outcome(text + DONE)).toMatchObject({ notStored: 'cut' });
	});
});

describe('streamed audio', () => {
	const audio = (members: JsonObject): string => chunk({ delta: { audio: members }, finish_reason: null });
	const spoken = audio({ id: 'audio_1', transcript: 'Hi' }) + audio({ data: 'MDEyMw==' }) + audio({ data: 'NDU2Nzg5' });

	it('is joined as base64, and whole after its expiry', () => {
		const body = collect(spoken + audio({ expires_at: 1_700_000_000 }) + DONE);
		expect(body).toMatchObject({
			choices: [{ message: { audio: { data: 'MDEyMzQ1Njc4OQ==', expires_at: 1_700_000_000 } }, finish_reason: 'stop' }],
		});
		expect(collect(spoken)).toBeNull();
	});
});

describe('a message whose tool input is cut', () => {
	const stream = (ending: string): string =>
		[
			{ type: 'message_start', message: { type: 'message', role: 'assistant', content: [], usage: {} } },
			{ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'n', input: {} } },
			{ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
			{ type: 'content_block_stop', index: 0 },
			{ type: 'message_delta', delta: { stop_reason: ending }, usage: {} },
			{ type: 'message_stop' },
		]
			.map((event) => eventText(JSON.stringify(event), event.type))
			.join('');

	it('by its token limit is an answer that is never stored', () => {
		const body = collect(stream('max_tokens'), 'anthropic', 'messages');
		expect(body).toMatchObject({ stop_reason: 'max_tokens', content: [{ input: '{"a":' }] });
		for (const storeTruncated of [true, false]) {
			const admission = dialects.anthropic.admit('messages', {}, body!, { storeTruncated });
			expect(admission).toEqual({ store: false, reason: 'truncated' });
		}
	});

	it('by nothing that it names is no answer', () => {
		expect(collect(stream('tool_use'), 'anthropic', 'messages')).toBeNull();
	});
});
