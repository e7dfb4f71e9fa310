import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, isPresent, parseObject } from '../json/json.ts';
import { eventDecoder, type ServerSentEvent } from '../http/sse.ts';

/**
 * `{"error": …}`, Anthropic's `{"type": "error", …}`, Mistral's `{"object": "error", …}`. An `error` that is null, false
 * or an empty text reports none.
 */
export const isErrorBody = ({ error, type, object }: JsonObject): boolean =>
	(isPresent(error) && error !== '' && error !== false) || type === 'error' || object === 'error';

/** The body of an event that reports an error; null if it reports none. */
export function readErrorEvent({ event, data }: ServerSentEvent): JsonObject | null {
	if (event !== 'error' && !data.includes('error')) return null;
	const body = parseObject(data);
	if (body === null) return event === 'error' ? { message: data } : null;
	if (body['type'] === 'response.failed' && isObject(body['response']))
		return { error: body['response']['error'] ?? {} };
	return event === 'error' || isErrorBody(body) ? body : null;
}

/** Members in which error bodies carry their status, kind and message, and the objects that nest them. */
const STATUSES = ['status', 'status_code', 'http_code', 'code'] as const;
const KINDS = ['type', 'code', 'status'] as const;
const WORDS = ['message', 'error_description', 'detail', 'error', 'errors', 'msg', 'Message', 'title'] as const;
const MAX_NESTING = 4;

/** Kinds of errors, and the HTTP status that stands for each. The first that matches is taken. */
const STATUS_OF_KIND: readonly [RegExp, number][] = [
	[/overloaded/i, 529],
	[/rate.?limit|too.?many|resource.?exhausted/i, 429],
	[/timeout|timed.?out|deadline/i, 504],
	[/unavailable/i, 503],
	[/server_error|api_error|internal/i, 500],
];

/** Returns the HTTP status that an error within a 200 response stands for, or null if it names none. */
export function findErrorStatus(body: JsonObject): number | null {
	const error = isObject(body['error']) ? body['error'] : body;
	for (const name of STATUSES) {
		const status = Number(error[name] ?? NaN);
		if (Number.isInteger(status) && status >= 400 && status < 600) return status;
	}
	const kinds = [
		...KINDS.map((name) => error[name]),
		typeof body['error'] === 'string' ? body['error'] : error['message'],
	];
	const text = kinds.filter((kind) => typeof kind === 'string').join(' ');
	return STATUS_OF_KIND.find(([kind]) => kind.test(text))?.[1] ?? null;
}

/** Returns the error message of a provider, or of a gateway in front of it, from JSON, events, HTML or plain text. */
export function readErrorWords(body: Buffer): string | null {
	const text = new TextDecoder().decode(body).trim();
	try {
		return findWords(JSON.parse(text) as JsonValue);
	} catch {
		return wordsInEvents(body) ?? (wordsInPage(text) || null);
	}
}

/** The first text among a JSON error's members that is meant for people. */
export function findWords(value: JsonValue | undefined, nesting = 0): string | null {
	if (typeof value === 'string') return value.trim() === '' ? null : value;
	if (typeof value !== 'object' || value === null || nesting > MAX_NESTING) return null;
	const parts = Array.isArray(value) ? value : WORDS.map((name) => value[name]);
	for (const part of parts) {
		const words = findWords(part, nesting + 1);
		if (words !== null) return words;
	}
	return null;
}

function wordsInEvents(body: Buffer): string | null {
	const decoder = eventDecoder();
	for (const event of [...decoder.push(body), ...decoder.end()]) {
		const error = readErrorEvent(event);
		if (error !== null) return findWords(error);
	}
	return null;
}

/** A page's title and text without its markup. */
const wordsInPage = (text: string): string =>
	text
		.slice(0, 20_000)
		// An unclosed element or comment reaches to the end of the page, so the text is never searched twice.
		.replace(/<(script|style|svg)\b[\s\S]*?(?:<\/\1\s*>|$)|<!--[\s\S]*?(?:-->|$)/gi, ' ')
		.replace(/<[^<>]*>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
