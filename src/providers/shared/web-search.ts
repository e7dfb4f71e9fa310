import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, isPresent, objectOf, objectsOf, stringOf } from '../json/json.ts';

/**
 * True if the answer was made from the web and may soon be out of date. A request counts if its model always searches
 * or if its answer does not show whether it did. A tool that Claude or a `response` may use counts only if the answer
 * shows its use.
 */
export const usesWeb = (request: JsonObject, answer: JsonObject): boolean =>
	asksForWeb(request) || WEB_SOURCES.some((name) => isListed(answer[name])) || showsWeb(answer);

/** Parameters of OpenAI, Google's compatible API, xAI and Alibaba, and OpenRouter's plug-ins. */
function asksForWeb(request: JsonObject): boolean {
	const { model, web_search_options: options, search_parameters: search, enable_search: enabled } = request;
	const google = objectOf(objectOf(request['extra_body'])['google']);
	const tools = [...objectsOf(request['tools']), ...objectsOf(google['tools'])];
	return (
		isPresent(options) ||
		(isObject(search) && search['mode'] !== 'off') ||
		enabled === true ||
		objectsOf(request['plugins']).some(({ id }) => id === 'web') ||
		tools.some((tool) => GOOGLE_TOOLS.some((name) => isPresent(tool[name]))) ||
		SEARCHING_MODEL.test(stringOf(model))
	);
}

const SEARCHING_MODEL = /-search(?:-preview|-api)|:online$/;
const GOOGLE_TOOLS = ['google_search', 'google_search_retrieval', 'googleSearch', 'url_context', 'urlContext'];

/** Members in which Perplexity, xAI and Google name their sources. */
const WEB_SOURCES = ['citations', 'search_results', 'grounding_metadata', 'groundingMetadata'];

const isListed = (value: JsonValue | undefined): boolean =>
	Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;

function showsWeb(answer: JsonObject): boolean {
	const messages = objectsOf(answer['choices']).map(({ message }) => objectOf(message));
	const items = [...objectsOf(answer['output']), ...objectsOf(answer['content'])];
	return items.some(isWebItem) || messages.some((message) => objectsOf(message['annotations']).some(isWebCitation));
}

const WEB_ITEM = /^web_(?:search|fetch)/;

/** A call of a search, a result of it, or a text that cites one. */
function isWebItem({ type, name, content, citations }: JsonObject): boolean {
	if (WEB_ITEM.test(stringOf(type))) return true;
	if (type === 'server_tool_use') return WEB_ITEM.test(stringOf(name));
	const parts = objectsOf(content);
	return (
		parts.some(({ annotations }) => objectsOf(annotations).some(isWebCitation)) ||
		objectsOf(citations).some(isWebCitation)
	);
}

const isWebCitation = ({ type }: JsonObject): boolean =>
	type === 'url_citation' || type === 'web_search_result_location';
