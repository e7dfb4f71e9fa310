import type { JsonObject, JsonValue, Operation } from '../../shared/api-types.ts';
import { isObject, isPresent, objectOf, objectsOf, stringOf } from '../json/json.ts';

/**
 * Returns a reason if the answer depends on state at OpenAI that the body does not contain, otherwise null.
 * https://platform.openai.com/docs/guides/conversation-state
 */
export function openAiState(operation: Operation, body: JsonObject): string | null {
	if (operation === 'responses') return responsesState(body);
	return objectsOf(body['messages']).some(({ audio }) => isObject(audio)) ? 'audio_reference' : null;
}

function responsesState(body: JsonObject): string | null {
	for (const name of ['previous_response_id', 'conversation']) if (isPresent(body[name])) return name;
	if (body['background'] === true) return 'background';
	if (namesLatestTemplate(body['prompt'])) return 'prompt_template';
	const tools = objectsOf(body['tools']);
	if (tools.some(runsInContainer)) return 'container';
	const outside = tools.map(({ type }) => OUTSIDE.get(stringOf(type))).find((reason) => reason !== undefined);
	if (outside !== undefined) return outside;
	return objectsOf(body['input']).some(({ type }) => type === 'item_reference') ? 'item_reference' : null;
}

/**
 * OpenAI's tools whose data others change, by type: a remote server, which may also act at each call, and files in a
 * vector store.
 */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
	['mcp', 'mcp'],
	['file_search', 'vector_store'],
]);

/** True for an existing container with its files. A container created for the answer is given as an object. */
const runsInContainer = ({ container, environment }: JsonObject): boolean =>
	typeof container === 'string' || isPresent(objectOf(environment)['container_id']);

/** A stored prompt without a version means its latest edit. */
const namesLatestTemplate = (prompt: JsonValue | undefined): boolean =>
	isObject(prompt) && !isPresent(objectOf(prompt)['version']);
