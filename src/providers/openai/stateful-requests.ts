import type { JsonObject, JsonValue, Operation } from '../../shared/api-types.ts';
import { isObject, isPresent, objectOf, objectsOf, stringOf } from '../json/json.ts';

/**
 * Why a request leans on what OpenAI keeps, so that its body does not say all that its answer depends on; or null.
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
 * Tools that OpenAI runs on what others change meanwhile, by their type: a remote server, which may also act each time
 * that it is called, and files in a vector store.
 */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
	['mcp', 'mcp'],
	['file_search', 'vector_store'],
]);

/** A container that is there already, with its files; one that is made for the answer is an object. */
const runsInContainer = ({ container, environment }: JsonObject): boolean =>
	typeof container === 'string' || isPresent(objectOf(environment)['container_id']);

/** A stored prompt without its version is whatever it was last edited to. */
const namesLatestTemplate = (prompt: JsonValue | undefined): boolean =>
	isObject(prompt) && !isPresent(objectOf(prompt)['version']);
