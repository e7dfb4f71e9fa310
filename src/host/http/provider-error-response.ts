import type { ServerResponse } from 'node:http';
import { isDirectusError } from '@directus/errors';
import { ERROR_CODES, type Operation, type Provider } from '../../shared/api-types.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { callerHeaders, type Headers } from '../../providers/http/headers.ts';
import { isObject, objectOf, parseObject } from '../../providers/json/json.ts';
import { dialects } from '../../providers/registry.ts';
import { eventText } from '../../providers/http/sse.ts';
import { NothingCachedError } from '../../services/errors/errors.ts';
import { asProviderError, reasonIn, UpstreamFailure } from '../../services/errors/provider-failure.ts';

export interface ProviderErrorAnswer {
	status: number;
	headers: Headers;
	body: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** What would be the same if it were tried again: the OpenAI and Anthropic SDKs heed this and do not. */
const NO_RETRY: Headers = { 'x-should-retry': 'false' };
const FINAL: ReadonlySet<string> = new Set([ERROR_CODES.notCached, ERROR_CODES.noProviderKey]);

/** What Directus' JSON parser says of bodies that it does not read, and their statuses; Directus answers all with 400. */
const UNREAD_BODIES: readonly [string, number][] = [
	['request entity too large', 413],
	['unsupported content encoding', 415],
	['unsupported charset', 415],
];

/** An error as the provider itself would answer it, so that its SDK raises what it raises there. */
export function providerErrorAnswer(error: unknown, provider: Provider): ProviderErrorAnswer {
	if (error instanceof UpstreamFailure) return failureAnswer(error);
	const known = error instanceof NotCachedError ? new NothingCachedError() : asProviderError(error, provider);
	if (!isDirectusError(known)) return shaped(provider, 500, 'An unexpected error occurred', 'INTERNAL_SERVER_ERROR');
	return shaped(provider, statusOf(known), known.message, known.code, FINAL.has(known.code) ? NO_RETRY : {});
}

/** Whether the error is one that whoever runs the server should read of. */
export const isUnexpected = (error: unknown, provider: Provider): boolean =>
	!(error instanceof UpstreamFailure) &&
	!(error instanceof NotCachedError) &&
	!isDirectusError(asProviderError(error, provider));

/**
 * The event in which the provider's own streams report an error, for a response whose head is out. Streams of
 * `responses` and `messages` name it; those of chat completions have it among their chunks.
 */
export function providerErrorEvent(error: unknown, provider: Provider, operation: Operation): string {
	const body = objectOf(parseObject(providerErrorAnswer(error, provider).body) ?? undefined);
	if (operation === 'messages') return eventText(JSON.stringify({ type: 'error', ...body }), 'error');
	const told = isObject(body['error']) ? body['error'] : body;
	if (operation !== 'responses') return eventText(JSON.stringify({ error: told }));
	const { message = null, param = null, code = null } = told;
	return eventText(JSON.stringify({ type: 'error', code, message, param }), 'error');
}

/** Sends it; a response that has begun can only be broken off. */
export function sendProviderError(response: ServerResponse, error: unknown, provider: Provider): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const { status, headers, body } = providerErrorAnswer(error, provider);
	response.statusCode = status;
	for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
	response.setHeader('Content-Length', Buffer.byteLength(body));
	response.end(body);
}

/** The provider's own words where they are JSON. */
function failureAnswer({ provider, status, headers, body }: UpstreamFailure): ProviderErrorAnswer {
	const text = body.toString();
	if (parseObject(text) === null) {
		const message = `${provider} answered with status ${status}: ${reasonIn(body)}`;
		const { 'content-type': _, ...others } = callerHeaders(headers);
		return shaped(provider, status, message, 'AI_CACHE_PROVIDER_FAILED', others);
	}
	return { status, headers: { 'content-type': JSON_TYPE, ...callerHeaders(headers) }, body: text };
}

function shaped(
	provider: Provider,
	status: number,
	message: string,
	code: string,
	headers: Headers = {},
): ProviderErrorAnswer {
	const body = JSON.stringify(dialects[provider].errorBody(status, message, code));
	return { status, headers: { ...headers, 'content-type': JSON_TYPE }, body };
}

/** A token that is none is refused as a wrong one is: SDKs raise their authentication error for 401 alone. */
function statusOf({ status, code, message }: { status: number; code: string; message: string }): number {
	if (code === 'INVALID_TOKEN') return 401;
	if (code !== 'INVALID_PAYLOAD') return status;
	return UNREAD_BODIES.find(([words]) => message.includes(words))?.[1] ?? status;
}
