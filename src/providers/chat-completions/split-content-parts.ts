import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject } from '../json/json.ts';
import { pieces } from '../shared/chunk-text.ts';

/**
 * Splits Mistral's content parts into values of `delta.content`. Neighbors of one kind stay together, because a
 * separate second part would continue the first. Text after other parts is a plain string, as Mistral sends it.
 */
export function partDeltas(parts: JsonValue[]): JsonValue[] {
	return runs(parts).flatMap((run, position) => {
		const [part] = run;
		if (run.length > 1 || !isObject(part)) return [run];
		return part['type'] === 'thinking' ? thinkingDeltas(part) : textDeltas(part, position > 0);
	});
}

function runs(parts: JsonValue[]): JsonValue[][] {
	const found: JsonValue[][] = [];
	for (const part of parts) {
		const run = found.at(-1);
		if (run && typeOf(run[0]) === typeOf(part)) run.push(part);
		else found.push([part]);
	}
	return found;
}

const typeOf = (part: JsonValue | undefined): JsonValue | undefined => (isObject(part) ? part['type'] : undefined);

/** All other members (`closed`, `signature`) come with the last piece. */
function thinkingDeltas(part: JsonObject): JsonValue[] {
	const thought = Array.isArray(part['thinking']) ? part['thinking'] : [];
	const [only] = thought;
	if (thought.length !== 1 || !isObject(only) || !isBareText(only)) return [[part]];
	const texts = pieces(only.text);
	if (texts.length < 2) return [[part]];
	return texts.map((text, index) => {
		const thinking = [{ type: 'text', text }];
		return index === texts.length - 1 ? [{ ...part, thinking }] : [{ type: 'thinking', thinking }];
	});
}

function textDeltas(part: JsonObject, afterOthers: boolean): JsonValue[] {
	if (!isBareText(part) || part.text === '') return [[part]];
	return pieces(part.text).map((text) => (afterOthers ? text : [{ type: 'text', text }]));
}

function isBareText(part: JsonObject): part is { type: 'text'; text: string } {
	return part['type'] === 'text' && typeof part['text'] === 'string' && Object.keys(part).length === 2;
}
