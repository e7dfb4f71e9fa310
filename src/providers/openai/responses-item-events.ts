import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { objectsOf, stringOf } from '../json/json.ts';
import { pieces } from '../shared/chunk-text.ts';

export type ResponseEvent = { type: string } & JsonObject;

/** Items with a growing member: its name, and the common name of its events. */
const GROWING: Readonly<Record<string, readonly [member: string, events: string]>> = {
	function_call: ['arguments', 'response.function_call_arguments'],
	custom_tool_call: ['input', 'response.custom_tool_call_input'],
	mcp_call: ['arguments', 'response.mcp_call_arguments'],
	code_interpreter_call: ['code', 'response.code_interpreter_call_code'],
};

/** Members of an item that are null until it is done. */
const NULL_UNTIL_DONE: Readonly<Record<string, readonly string[]>> = {
	image_generation_call: ['result'],
	file_search_call: ['results'],
	code_interpreter_call: ['outputs'],
	mcp_call: ['output', 'error'],
};

/** Members of an item that are absent until it is done. */
const ABSENT_UNTIL_DONE: Readonly<Record<string, readonly string[]>> = {
	web_search_call: ['action'],
	image_generation_call: ['revised_prompt', 'size', 'quality', 'background', 'output_format'],
};

/** Stages of OpenAI's own tools, before and after the growing part. */
const STAGES: Readonly<Record<string, readonly [before: readonly string[], after: readonly string[]]>> = {
	web_search_call: [['in_progress', 'searching'], ['completed']],
	file_search_call: [['in_progress', 'searching'], ['completed']],
	image_generation_call: [['in_progress', 'generating'], ['completed']],
	code_interpreter_call: [['in_progress'], ['interpreting', 'completed']],
	mcp_call: [['in_progress'], ['completed']],
	mcp_list_tools: [['in_progress'], ['completed']],
};

/** One output item's events, from `output_item.added` to `output_item.done`. */
export function itemEvents(item: JsonObject, outputIndex: number): ResponseEvent[] {
	const place = { item_id: stringOf(item['id']), output_index: outputIndex };
	return [
		{ type: 'response.output_item.added', output_index: outputIndex, item: opened(item) },
		...contents(item, place),
		{ type: 'response.output_item.done', output_index: outputIndex, item },
	];
}

function contents(item: JsonObject, place: JsonObject): ResponseEvent[] {
	const type = stringOf(item['type']);
	if (type === 'message') return objectsOf(item['content']).flatMap((part, index) => partEvents(part, place, index));
	if (type === 'reasoning') return reasoningEvents(item, place);
	const [before, after] = STAGES[type] ?? [[], []];
	const stage = (name: string): ResponseEvent => ({ type: `response.${type}.${name}`, ...place });
	return [...before.map(stage), ...grown(item, place), ...after.map(stage)];
}

/** Returns the item as it is added: in progress, with its growing members empty. */
function opened(item: JsonObject): JsonObject {
	const open: JsonObject = { ...item };
	if ('status' in item) open['status'] = 'in_progress';
	if (item['type'] === 'message' || ('content' in item && Array.isArray(item['content']))) open['content'] = [];
	if (item['type'] === 'reasoning') open['summary'] = [];
	const [member] = GROWING[stringOf(item['type'])] ?? [];
	if (member !== undefined && typeof item[member] === 'string') open[member] = '';
	for (const name of NULL_UNTIL_DONE[stringOf(item['type'])] ?? []) if (name in item) open[name] = null;
	return withoutMembers(open, ABSENT_UNTIL_DONE[stringOf(item['type'])] ?? []);
}

const withoutMembers = (item: JsonObject, names: readonly string[]): JsonObject =>
	Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

function grown(item: JsonObject, place: JsonObject): ResponseEvent[] {
	const [member, events] = GROWING[stringOf(item['type'])] ?? [];
	if (member === undefined || events === undefined || typeof item[member] !== 'string') return [];
	const name = item['type'] === 'function_call' && typeof item['name'] === 'string' ? { name: item['name'] } : {};
	return [
		...deltas(`${events}.delta`, item[member], place),
		{ type: `${events}.done`, ...place, ...name, [member]: item[member] },
	];
}

const deltas = (type: string, text: string, place: JsonObject): ResponseEvent[] =>
	pieces(text).map((delta) => ({ type, ...place, delta }));

/** A message's part: text with its annotations, or a refusal. */
function partEvents(part: JsonObject, item: JsonObject, index: number): ResponseEvent[] {
	const place = { ...item, content_index: index };
	return [
		{ type: 'response.content_part.added', ...place, part: openedPart(part) },
		...(part['type'] === 'output_text' ? textEvents(part, place) : []),
		...(part['type'] === 'refusal' ? refusalEvents(stringOf(part['refusal']), place) : []),
		{ type: 'response.content_part.done', ...place, part },
	];
}

function openedPart(part: JsonObject): JsonObject {
	const open: JsonObject = {};
	for (const [name, value] of Object.entries(part)) {
		if (name === 'text' || name === 'refusal') open[name] = '';
		else open[name] = Array.isArray(value) ? [] : value;
	}
	return open;
}

function textEvents(part: JsonObject, place: JsonObject): ResponseEvent[] {
	const text = stringOf(part['text']);
	const logprobs = objectsOf(part['logprobs']);
	return [
		...tokens(text, logprobs).map(([delta, own]) => ({
			type: 'response.output_text.delta',
			...place,
			delta,
			logprobs: own,
		})),
		...objectsOf(part['annotations']).map((annotation, index) => ({
			type: 'response.output_text.annotation.added',
			...place,
			annotation_index: index,
			annotation,
		})),
		{ type: 'response.output_text.done', ...place, text, logprobs },
	];
}

/** Splits a text into pieces, or into its tokens if they have log probabilities. */
function tokens(text: string, logprobs: JsonObject[]): [string, JsonValue[]][] {
	if (logprobs.length === 0) return pieces(text).map((piece) => [piece, []]);
	const parts = logprobs.map((entry): [string, JsonValue[]] => [stringOf(entry['token']), [entry]]);
	return parts.map(([token]) => token).join('') === text ? parts : [[text, logprobs]];
}

const refusalEvents = (refusal: string, place: JsonObject): ResponseEvent[] => [
	...deltas('response.refusal.delta', refusal, place),
	{ type: 'response.refusal.done', ...place, refusal },
];

function reasoningEvents(item: JsonObject, place: JsonObject): ResponseEvent[] {
	return [
		...objectsOf(item['summary']).flatMap((part, index) => summaryEvents(part, { ...place, summary_index: index })),
		...objectsOf(item['content']).flatMap((part, index) => thoughtEvents(part, { ...place, content_index: index })),
	];
}

function summaryEvents(part: JsonObject, place: JsonObject): ResponseEvent[] {
	const text = stringOf(part['text']);
	return [
		{ type: 'response.reasoning_summary_part.added', ...place, part: openedPart(part) },
		...deltas('response.reasoning_summary_text.delta', text, place),
		{ type: 'response.reasoning_summary_text.done', ...place, text },
		{ type: 'response.reasoning_summary_part.done', ...place, part },
	];
}

function thoughtEvents(part: JsonObject, place: JsonObject): ResponseEvent[] {
	const text = stringOf(part['text']);
	return [
		{ type: 'response.content_part.added', ...place, part: openedPart(part) },
		...deltas('response.reasoning_text.delta', text, place),
		{ type: 'response.reasoning_text.done', ...place, text },
		{ type: 'response.content_part.done', ...place, part },
	];
}
