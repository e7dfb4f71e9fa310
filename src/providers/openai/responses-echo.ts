import type { JsonObject, Operation } from '../../shared/api-types.ts';
import { isPresent } from '../json/json.ts';
import type { Echo } from '../adapter.ts';

/**
 * Request members that the response repeats but the cache key omits, each with its value in a response to a request
 * without it. They describe the caller or the purpose, so no other caller may read them.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
const REPEATED: JsonObject = { metadata: {}, user: null, safety_identifier: null, prompt_cache_key: null };

const told = (request: JsonObject): [string, JsonObject[string]][] =>
	Object.keys(REPEATED).flatMap((name) => (isPresent(request[name]) ? [[name, request[name]]] : []));

export const responseEcho: Echo = {
	of(operation: Operation, request: JsonObject): string {
		const members = operation === 'responses' ? told(request) : [];
		return members.length === 0 ? '' : JSON.stringify(members);
	},
	in(operation: Operation, request: JsonObject, answer: JsonObject): JsonObject {
		if (operation !== 'responses') return answer;
		const unsaid = Object.entries(REPEATED).filter(([name]) => name in answer);
		return { ...answer, ...Object.fromEntries(unsaid), ...Object.fromEntries(told(request)) };
	},
};
