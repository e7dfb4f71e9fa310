import type { JsonObject, JsonValue } from '../../contract.ts';
import { isObject, isPresent, objectOf, objectsOf, parseObject } from '../json.ts';
import type { StreamAssembler } from '../provider.ts';
import { isDone, saysNothing } from '../sse.ts';
import { indexOf, mergeDelta, type DeltaRules } from './delta.ts';

/** `obfuscation` fills a chunk up, so that its length tells eavesdroppers nothing. */
const OF_CHUNKS_ALONE = ['choices', 'object', 'obfuscation'];

/**
 * Builds the `chat.completion` that a stream of `chat.completion.chunk` stands for. Whole where every choice said why
 * it ended and `[DONE]` came. https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function chatAssembler(rules: DeltaRules): StreamAssembler {
	const body: JsonObject = {};
	const choices: JsonObject[] = [];
	let failure: string | null = null;
	let done = false;
	const alone = new Set([...OF_CHUNKS_ALONE, ...rules.padding]);
	return {
		push({ event, data }) {
			if (saysNothing({ event, data })) {
				done ||= isDone(data);
				return;
			}
			const chunk = parseObject(data);
			if (!chunk) failure ??= 'malformed';
			else if (event === 'error' || isPresent(chunk['error'])) failure ??= 'error_event';
			else {
				mergeChunk(body, chunk, alone);
				for (const choice of objectsOf(chunk['choices'])) mergeChoice(choices, choice, rules);
			}
		},
		weigh: () => JSON.stringify([body, choices]).length,
		result() {
			const reason = failure ?? unfinished(choices, done);
			if (reason !== null) return { complete: false, reason };
			if (body['usage'] === null) Reflect.deleteProperty(body, 'usage');
			return { complete: true, body: { ...body, object: 'chat.completion', choices: choices.map(withoutHoles) } };
		},
	};
}

/** Later chunks know better, but an empty one takes nothing back. */
function mergeChunk(body: JsonObject, chunk: JsonObject, alone: ReadonlySet<string>): void {
	for (const [name, value] of Object.entries(chunk)) {
		if (alone.has(name)) continue;
		if ((isPresent(value) && value !== '') || body[name] === undefined) body[name] = value;
	}
}

function mergeChoice(choices: JsonObject[], delta: JsonObject, rules: DeltaRules): void {
	const index = indexOf(delta['index']) ?? 0;
	const choice = (choices[index] ??= { index, message: {}, finish_reason: null });
	for (const [name, value] of Object.entries(delta)) {
		if (name === 'delta') mergeDelta(objectOf(choice['message']), objectOf(value), rules);
		else if (name === 'logprobs') choice[name] = mergeLogprobs(choice[name], value);
		else if (isPresent(value) || choice[name] === undefined) choice[name] = value;
	}
}

/** `content` and `refusal` hold a token's entry each; they grow with the text. */
function mergeLogprobs(current: JsonValue | undefined, delta: JsonValue): JsonValue {
	if (!isObject(delta)) return current ?? delta;
	const merged: JsonObject = { ...objectOf(current) };
	for (const [name, value] of Object.entries(delta)) {
		const before = merged[name];
		if (Array.isArray(before) && Array.isArray(value)) before.push(...value);
		else if (isPresent(value) || before === undefined) merged[name] = value;
	}
	return merged;
}

/** Some servers count their calls from 1. */
function withoutHoles(choice: JsonObject): JsonObject {
	const message = objectOf(choice['message']);
	const { tool_calls: calls } = message;
	if (!Array.isArray(calls)) return choice;
	return { ...choice, message: { ...message, tool_calls: calls.filter(isObject) } };
}

function unfinished(choices: JsonObject[], done: boolean): string | null {
	if (choices.length === 0) return 'no_choices';
	for (let index = 0; index < choices.length; index++) {
		if (typeof choices[index]?.['finish_reason'] !== 'string') return 'no_finish_reason';
	}
	return done ? null : 'cut';
}
