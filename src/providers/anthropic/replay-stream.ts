import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, objectOf, objectsOf, stringOf } from '../json/json.ts';
import { inputText } from './input-text.ts';
import { pieces } from '../shared/chunk-text.ts';
import { eventText } from '../http/sse.ts';

/** Members that arrive with the end of a message, besides usage. They are null at the start. */
const TOLD_AT_END = ['stop_reason', 'stop_sequence', 'stop_details', 'container'];

/** Members that arrive next to the end's `delta`. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
const BESIDE_DELTA = ['context_management', 'input_transformations'];

/**
 * Usage members at the start that the end repeats. All other usage members, known or unknown, arrive at the end only.
 */
const COUNTED_AT_START = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens'];

/** Usage members that arrive at the start only. */
const OF_START_ALONE = ['cache_creation', 'service_tier', 'inference_geo', 'speed'];

/** Usage values at the start, before any output. */
const UNCOUNTED: JsonObject = { output_tokens: 1, output_tokens_details: null, server_tool_use: null };

/** Members of a compaction's only delta. */
const COMPACTED = ['content', 'encrypted_content'];

/** Writes a `message` as its stream events, with the ping that Anthropic sends. */
export function replayMessage(answer: JsonObject): string[] {
	const late = lateMembers(answer);
	const events: MessageEvent[] = [
		{ type: 'message_start', message: begunMessage(answer, late) },
		{ type: 'ping' },
		...objectsOf(answer['content']).flatMap(blockEvents),
		{
			type: 'message_delta',
			delta: picked(answer, [...TOLD_AT_END, ...late]),
			usage: without(objectOf(answer['usage']), OF_START_ALONE),
			...picked(answer, BESIDE_DELTA),
		},
		{ type: 'message_stop' },
	];
	return events.map((event) => eventText(JSON.stringify(event), event.type));
}

/** Returns the members after `usage`: the stream delivers them at the end. */
function lateMembers(answer: JsonObject): string[] {
	const names = Object.keys(answer);
	const known = new Set([...TOLD_AT_END, ...BESIDE_DELTA]);
	const usage = names.indexOf('usage');
	return usage === -1 ? [] : names.slice(usage + 1).filter((name) => !known.has(name));
}

function begunMessage(answer: JsonObject, late: readonly string[]): JsonObject {
	const begun: JsonObject = { ...without(answer, [...BESIDE_DELTA, ...late]), content: [] };
	for (const name of TOLD_AT_END) if (name in begun) begun[name] = null;
	const usage = answer['usage'];
	if (isObject(usage)) {
		begun['usage'] = {
			...picked(usage, [...COUNTED_AT_START, ...OF_START_ALONE]),
			...picked(UNCOUNTED, Object.keys(usage)),
		};
	}
	return begun;
}

const without = (from: JsonObject, names: readonly string[]): JsonObject =>
	Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));

function picked(from: JsonObject, names: readonly string[]): JsonObject {
	return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name] ?? null]] : [])));
}

type MessageEvent = JsonObject & { type: string };

function blockEvents(block: JsonObject, index: number): MessageEvent[] {
	return [
		{ type: 'content_block_start', index, content_block: openedBlock(block) },
		...blockDeltas(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
		{ type: 'content_block_stop', index },
	];
}

/** Returns the block as it starts, with its growing members empty. Blocks that do not grow arrive complete. */
function openedBlock(block: JsonObject): JsonObject {
	if (block['type'] === 'text') {
		return { ...block, text: '', ...(Array.isArray(block['citations']) ? { citations: [] } : {}) };
	}
	if (block['type'] === 'thinking') {
		return { ...block, thinking: '', ...('signature' in block ? { signature: '' } : {}) };
	}
	if (block['type'] === 'compaction') return { ...block, ...emptied(picked(block, COMPACTED)) };
	return growsByInput(block) ? { ...block, input: {} } : block;
}

const emptied = (members: JsonObject): JsonObject =>
	Object.fromEntries(Object.keys(members).map((name) => [name, null]));

/** True for a tool call, whether the caller or Anthropic runs the tool. */
const growsByInput = ({ type, input }: JsonObject): boolean => stringOf(type).endsWith('tool_use') && isObject(input);

function blockDeltas(block: JsonObject): JsonObject[] {
	if (block['type'] === 'text') return [...citations(block['citations']), ...texts('text', block)];
	if (block['type'] === 'thinking') return [...texts('thinking', block), ...signature(block['signature'])];
	if (block['type'] === 'compaction') return [{ type: 'compaction_delta', ...picked(block, COMPACTED) }];
	if (!growsByInput(block)) return [];
	const json = inputText(block['input']);
	const parts = json === '{}' ? [''] : pieces(json);
	return parts.map((part) => ({ type: 'input_json_delta', partial_json: part }));
}

const texts = (name: string, block: JsonObject): JsonObject[] =>
	pieces(stringOf(block[name])).map((piece) => ({ type: `${name}_delta`, [name]: piece }));

const citations = (value: JsonValue | undefined): JsonObject[] =>
	objectsOf(value).map((citation) => ({ type: 'citations_delta', citation }));

const signature = (value: JsonValue | undefined): JsonObject[] =>
	typeof value === 'string' && value !== '' ? [{ type: 'signature_delta', signature: value }] : [];
