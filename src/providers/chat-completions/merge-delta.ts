import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, isPresent, objectOf, parseObject, stringOf } from '../json/json.ts';
import { joinBase64 } from '../shared/merge-members.ts';

/** Text members that arrive whole and may be repeated. Some servers repeat them empty. */
const WHOLE = new Set(['role', 'id', 'type', 'name', 'tool_call_id']);

/** Text members that are base64. */
const BASE64 = new Set(['data', 'b64_json']);

/** A provider's deviations from the common merging of deltas. */
export interface DeltaRules {
	/** True if tool calls of a complete answer keep the `index` of their deltas. */
	keepToolIndex: boolean;
	/** Members that only pad this provider's chunks. */
	padding: readonly string[];
}

/** Mistral's own SDK writes this for a missing id. */
const NO_ID = 'null';

/**
 * Merges a delta into its message: appends texts, extends lists, merges objects, replaces the rest. A null never
 * replaces a value, but is kept if there is none, as in complete answers. Parts of the delta become parts of the
 * message, so it must not be used afterwards.
 */
export function mergeDelta(message: JsonObject, delta: JsonObject, rules: DeltaRules): void {
	for (const [name, value] of Object.entries(delta)) {
		if (name === 'tool_calls' && Array.isArray(value)) message[name] = mergeToolCalls(message[name], value, rules);
		else if (name === 'content' && (Array.isArray(value) || Array.isArray(message[name])))
			message[name] = mergeParts(message[name], value);
		else mergeMember(message, name, value);
	}
}

function mergeMember(target: JsonObject, name: string, value: JsonValue): void {
	const current = target[name];
	if (!isPresent(current) || !isPresent(value)) target[name] = isPresent(current) ? current : value;
	else if (WHOLE.has(name) && (value === '' || (name === 'id' && value === NO_ID))) return;
	else if (typeof current === 'string' && typeof value === 'string' && !WHOLE.has(name))
		target[name] = BASE64.has(name) ? joinBase64(current, value) : current + value;
	else if (Array.isArray(current) && Array.isArray(value)) current.push(...value);
	else if (isObject(current) && isObject(value)) {
		const merged = { ...current };
		for (const [member, part] of Object.entries(value)) mergeMember(merged, member, part);
		target[name] = merged;
	} else target[name] = value;
}

/**
 * A delta continues the call with its `index`, or else with its id. One without id and tool name continues the last
 * call.
 */
function mergeToolCalls(current: JsonValue | undefined, deltas: JsonValue[], rules: DeltaRules): JsonValue[] {
	const calls = Array.isArray(current) ? current : [];
	for (const delta of deltas) {
		if (!isObject(delta)) continue;
		const position = placeOf(calls, delta);
		const { index, ...rest } = delta;
		const call = objectAt(calls, position);
		if (rules.keepToolIndex && index !== undefined) call['index'] = index;
		for (const [name, value] of Object.entries(rest)) mergeMember(call, name, value);
	}
	return calls;
}

/** Finds a call's position by its index, but never joins two calls: some servers give both the same index. */
function placeOf(calls: JsonValue[], delta: JsonObject): number {
	const id = idOf(delta);
	const known = id === null ? -1 : calls.findIndex((call) => isObject(call) && idOf(call) === id);
	const place = indexOf(delta['index']);
	if (place === null) return known === -1 ? placeUnnamed(calls, delta) : known;
	if (!isAnother(calls[place], delta)) return place;
	return known === -1 ? calls.length : known;
}

function placeUnnamed(calls: JsonValue[], delta: JsonObject): number {
	if (calls.length === 0) return 0;
	const { name } = calledOf(delta);
	const last = calls.at(-1);
	const names = stringOf(name) !== '' && name !== calledOf(last)['name'];
	const opens = idOf(delta) !== null && idOf(objectOf(last)) !== null;
	return names || opens || isAnother(last, delta) ? calls.length : calls.length - 1;
}

/** True if a delta cannot continue a call: each has its own id, or the call is complete and the delta adds content. */
function isAnother(call: JsonValue | undefined, delta: JsonObject): boolean {
	if (!isObject(call)) return false;
	if (idOf(delta) !== null && idOf(call) !== null) return idOf(delta) !== idOf(call);
	const { name, arguments: more } = calledOf(delta);
	if (stringOf(name) === '' || stringOf(more).trim() === '') return false;
	return parseObject(stringOf(calledOf(call)['arguments'])) !== null;
}

const calledOf = (call: JsonValue | undefined): JsonObject => objectOf(objectOf(call)['function']);

function idOf({ id }: JsonObject): string | number | null {
	if (typeof id === 'number') return id;
	return typeof id === 'string' && id !== '' && id !== NO_ID ? id : null;
}

const MAX_INDEX = 1_023;

/** Returns a valid position among choices or calls, otherwise null. */
export function indexOf(value: JsonValue | undefined): number | null {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INDEX ? value : null;
}

function objectAt(calls: JsonValue[], position: number): JsonObject {
	const found = calls[position];
	if (isObject(found)) return found;
	const created: JsonObject = {};
	calls[position] = created;
	return created;
}

/**
 * Mistral's content parts: a delta continues the last part if its first is of the same kind, and parts within one
 * delta stay apart. A plain text continues, or opens, a text part.
 */
function mergeParts(current: JsonValue | undefined, delta: JsonValue): JsonValue {
	const parts = Array.isArray(current) ? [...current] : textParts(current);
	const [first, ...rest] = Array.isArray(delta) ? delta : textParts(delta);
	if (first === undefined) return parts;
	const last = parts.at(-1);
	const continued = isObject(last) && isObject(first) ? continuePart(last, first) : null;
	if (continued) parts[parts.length - 1] = continued;
	else parts.push(first);
	return [...parts, ...rest];
}

const textParts = (text: JsonValue | undefined): JsonValue[] =>
	typeof text === 'string' && text !== '' ? [{ type: 'text', text }] : [];

function continuePart(last: JsonObject, next: JsonObject): JsonObject | null {
	if (last['type'] !== next['type']) return null;
	const { text, thinking, ...others } = next;
	if (typeof last['text'] === 'string' && typeof text === 'string') {
		return { ...last, ...others, text: last['text'] + text };
	}
	if (!Array.isArray(last['thinking']) || !Array.isArray(thinking)) return null;
	return { ...last, ...others, thinking: mergeParts(last['thinking'], thinking) };
}
