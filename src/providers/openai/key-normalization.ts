import type { JsonObject, JsonValue, Operation } from '../../shared/api-types.ts';
import {
	CALLERS_OWN,
	CHAT_FORM,
	DELIVERY_PARAMETERS,
	PROMPT_CACHE_MARKS,
} from '../chat-completions/key-normalization.ts';
import { isObject } from '../json/json.ts';
import { normalise, type NormalForm } from '../json/normalize.ts';

/**
 * The responses API omits the same parameters, except `store: false`: a response that OpenAI does not keep cannot be
 * continued by its ids. https://platform.openai.com/docs/api-reference/responses/create
 */
const RESPONSES_FORM: NormalForm = {
	omit: new Set([...DELIVERY_PARAMETERS].filter((name) => name !== 'store')),
	opaque: new Set([...CALLERS_OWN, 'variables', 'input_schema']),
	marks: PROMPT_CACHE_MARKS,
	textMembers: new Set(['content']),
	textTypes: new Set(['input_text']),
};

export function openAiFingerprintBody(operation: Operation, body: JsonObject): JsonObject {
	if (operation !== 'responses') return normalise(body, CHAT_FORM);
	const { store, ...normal } = normalise(body, RESPONSES_FORM);
	const input = normalInput(normal['input']);
	return { ...normal, ...(input !== undefined && { input }), ...(store === false && { store }) };
}

/** A text is "equivalent to a text input with the user role", and a message may omit its type. */
function normalInput(input: JsonValue | undefined): JsonValue | undefined {
	if (typeof input === 'string') return [{ role: 'user', content: input }];
	if (!Array.isArray(input)) return undefined;
	return input.map((item) => {
		if (!isObject(item) || item['type'] !== 'message' || item['role'] === undefined) return item;
		const { type: _type, ...message } = item;
		return message;
	});
}
