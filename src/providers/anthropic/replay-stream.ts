import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, objectOf, objectsOf, stringOf } from '../json/json.ts';
import { inputText } from './input-text.ts';
import { pieces } from '../shared/chunk-text.ts';
import { eventText } from '../http/sse.ts';

/** What the end of a message tells, besides usage; the start has null there. */
const TOLD_AT_END = ['stop_reason', 'stop_sequence', 'stop_details', 'container'];

/** Told beside the end's `delta`. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
const BESIDE_DELTA = ['context_management', 'input_transformations'];

/** What the start says of usage; whatever else there is, known or not, is counted to the end. */
const COUNTED_AT_START = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens'];

/** What the start alone says of usage. */
const OF_START_ALONE = ['cache_creation', 'service_tier', 'inference_geo', 'speed'];

/** What the start says of the output, of which there is none yet. */
const UNCOUNTED: JsonObject = { output_tokens: 1, output_tokens_details: null, server_tool_use: null };

/** What the one delta of a compaction brings. */
const COMPACTED = ['content', 'encrypted_content'];

/** A `message` as the events of its stream, a ping among them as Anthropic sends it. */
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

/** Members that stand after `usage`, where Anthropic writes what it knew last. */
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

/** The block with what grows still empty; a kind that does not grow comes whole. */
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

/** A tool's use, whoever runs it. */
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
