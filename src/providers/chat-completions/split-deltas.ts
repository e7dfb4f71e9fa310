import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, objectsOf, stringOf } from '../json/json.ts';
import { pieces } from '../shared/chunk-text.ts';
import { partDeltas } from './split-content-parts.ts';

export interface Delta {
	delta: JsonObject;
	logprobs?: JsonObject;
}

export interface DeltaStyle {
	/** Mistral sends each tool call whole; the others name it first and then its arguments piece by piece. */
	wholeToolCalls: boolean;
}

/** Members that grow over several deltas; all others come with the first. */
const GROWING = new Set([
	'content',
	'reasoning_content',
	'refusal',
	'tool_calls',
	'function_call',
	'audio',
	'annotations',
]);

/** Splits a message into deltas. Merging them in this order returns the message. */
export function messageDeltas(message: JsonObject, logprobs: JsonValue, style: DeltaStyle): Delta[] {
	const tokens = isObject(logprobs) ? logprobs : null;
	const reasons = hasReasoning(message);
	const grown = [
		...texts('reasoning_content', message, tokens).map(beside({ content: null })),
		...contentDeltas(message, tokens).map(beside(reasons ? { reasoning_content: null } : {})),
		...texts('refusal', message, tokens),
		...whole('annotations', message),
		...objectsOf(message['tool_calls']).flatMap((call, index) => toolCallDeltas(call, index, style)),
		...functionCallDeltas(message['function_call']),
		...whole('audio', message),
	];
	// Log probabilities without tokens, as for a tool call, have no other delta to go with.
	const alone = tokens !== null && !grown.some((delta) => delta.logprobs !== undefined);
	return [{ delta: opening(message), ...(alone && { logprobs: tokens }) }, ...grown];
}

/**
 * Builds the delta of a choice's end. DeepSeek names both texts in every chunk, one of them null: the OpenAI SDK keeps
 * the last value of a member that it does not know.
 */
export function endingDelta(message: JsonObject): JsonObject {
	if (!hasReasoning(message)) return {};
	return { ...(typeof message['content'] === 'string' ? { content: '' } : {}), reasoning_content: null };
}

const hasReasoning = (message: JsonObject): boolean => stringOf(message['reasoning_content']) !== '';

const beside =
	(members: JsonObject) =>
	({ delta, ...more }: Delta): Delta => ({ delta: { ...members, ...delta }, ...more });

/** Returns the role, all members that do not grow, and nulls or empty values for the growing ones. */
function opening(message: JsonObject): JsonObject {
	const delta: JsonObject = {};
	const reasons = hasReasoning(message);
	for (const [name, value] of Object.entries(message)) {
		if (!GROWING.has(name) || value === null) delta[name] = value;
		else if (name === 'content' && typeof value === 'string') delta[name] = reasons && value !== '' ? null : '';
		else if (typeof value === 'string') delta[name] = '';
		else if (Array.isArray(value) && value.length === 0) delta[name] = [];
	}
	return delta;
}

function contentDeltas(message: JsonObject, logprobs: JsonObject | null): Delta[] {
	const { content } = message;
	if (Array.isArray(content)) return partDeltas(content).map((part) => ({ delta: { content: part } }));
	return texts('content', message, logprobs);
}

/** Splits a text into pieces, or into its tokens if they have log probabilities. */
function texts(name: string, message: JsonObject, logprobs: JsonObject | null): Delta[] {
	const text = stringOf(message[name]);
	const tokens = objectsOf(logprobs?.[name]);
	if (!logprobs || tokens.length === 0) return pieces(text).map((piece) => ({ delta: { [name]: piece } }));
	const others = Object.fromEntries(Object.entries(logprobs).map(([member, value]) => [member, emptied(value)]));
	if (tokens.map(({ token }) => stringOf(token)).join('') !== text)
		return [{ delta: { [name]: text }, logprobs: { ...others, [name]: tokens } }];
	return tokens.map((token) => ({
		delta: { [name]: stringOf(token['token']) },
		logprobs: { ...others, [name]: [token] },
	}));
}

/** Empties lists of other tokens: those tokens carry them. */
const emptied = (value: JsonValue): JsonValue => (Array.isArray(value) ? [] : value);

function toolCallDeltas(call: JsonObject, position: number, style: DeltaStyle): Delta[] {
	if (style.wholeToolCalls) return [{ delta: { tool_calls: [call] } }];
	const { index = position } = call;
	const called = call['function'];
	if (!isObject(called) || typeof called['arguments'] !== 'string')
		return [{ delta: { tool_calls: [{ ...call, index }] } }];
	return [
		{ delta: { tool_calls: [{ ...call, index, function: { ...called, arguments: '' } }] } },
		...pieces(called['arguments']).map((piece) => ({
			delta: { tool_calls: [{ index, function: { arguments: piece } }] },
		})),
	];
}

function functionCallDeltas(call: JsonValue | undefined): Delta[] {
	if (!isObject(call)) return [];
	return [
		{ delta: { function_call: { ...call, arguments: '' } } },
		...pieces(stringOf(call['arguments'])).map((piece) => ({ delta: { function_call: { arguments: piece } } })),
	];
}

function whole(name: string, message: JsonObject): Delta[] {
	const value = message[name];
	const says = isObject(value) || (Array.isArray(value) && value.length > 0);
	return says ? [{ delta: { [name]: value } }] : [];
}
