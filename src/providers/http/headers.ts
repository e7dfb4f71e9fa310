import type { ProviderDialect } from '../adapter.ts';

export type Headers = Record<string, string>;

/** Headers as Node delivers them: names in lower case, repeated headers as an array. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Response headers that SDKs, logs and support teams read: content type, retry hints, request ids, rate limits and
 * durations. All others are dropped, so that no provider header affects the browser, Directus' host or the connection.
 */
const PASSED_ON: ReadonlySet<string> = new Set([
	'content-type',
	'retry-after',
	'retry-after-ms',
	'x-should-retry',
	'request-id',
	'x-request-id',
	'x-correlation-id',
	'mistral-correlation-id',
	'x-ds-trace-id',
	'x-generation-id',
	'x-client-request-id',
	'apim-request-id',
	'x-ms-client-request-id',
	'x-ms-region',
	'x-ms-deployment-name',
	'x-ms-error-code',
	'azureml-model-session',
	'x-amzn-requestid',
	'x-amzn-errortype',
	'x-cloud-trace-context',
	'x-goog-request-id',
	'x-groq-region',
	'x-kong-request-id',
	'x-kong-upstream-latency',
	'x-kong-proxy-latency',
	'x-envoy-upstream-service-time',
	'x-litellm-call-id',
	'x-litellm-model-id',
	'helicone-id',
	'cf-ray',
	'traceparent',
	'x-trace-id',
	'x-response-time',
	'x-process-time',
	'deprecation',
	'sunset',
]);
const PREFIXES_PASSED_ON = ['openai-', 'anthropic-', 'ratelimit', 'x-ratelimit', 'fireworks-'];

/** Content types that are safe to pass on: the caller's browser must not execute a body. */
const SAFE_TYPE = /^(?:application\/(?:[\w.-]{1,60}\+)?json|text\/event-stream)\s*(?:;|$)/i;

/** Characters that Node accepts in a header value. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Builds the headers of the upstream request: content type, the adapter's own headers, and only those caller headers
 * that change the answer. The caller's access token is never sent. The provider's key always wins.
 */
export function upstreamHeaders(
	dialect: ProviderDialect,
	callerHeaders: ReceivedHeaders,
	apiKey: string,
	accept = 'application/json',
): Headers {
	return {
		accept,
		'accept-encoding': 'identity',
		'content-type': 'application/json',
		'user-agent': 'directus-extension-ai-cache',
		...significantHeaders(dialect, callerHeaders),
		...dialect.authenticationHeaders(apiKey),
	};
}

/**
 * Returns the headers that count in the cache key: the caller's values, with the adapter's defaults for missing ones.
 */
export function significantHeaders(dialect: ProviderDialect, callerHeaders: ReceivedHeaders): Headers {
	const headers: Headers = { ...dialect.defaultHeaders };
	for (const name of dialect.significantHeaders) {
		const value = callerHeaders[name];
		if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
	}
	return headers;
}

/** Brings header values into one form for the cache key: in a list of betas, `a,b` equals `b, a`. */
export function fingerprintHeaders(significant: Headers): Headers {
	return Object.fromEntries(
		Object.entries(significant).map(([name, value]) => [name, name.endsWith('-beta') ? sortedList(value) : value]),
	);
}

function sortedList(value: string): string {
	const parts = value.split(',').map((part) => part.trim());
	return [...new Set(parts.filter((part) => part !== ''))].sort().join(',');
}

/** Returns the query parameters that are sent upstream and count in the cache key, never the caller's access token. */
export function significantQuery(dialect: ProviderDialect, asked: URLSearchParams): string {
	const kept = new URLSearchParams();
	for (const name of dialect.significantQuery) for (const value of asked.getAll(name)) kept.append(name, value);
	return kept.toString();
}

/** Selects the provider headers that reach the caller. The client has already dropped headers that repeat the key. */
export function callerHeaders(received: ReceivedHeaders): Headers {
	const headers: Headers = {};
	for (const [name, value] of Object.entries(received)) {
		const text = typeof value === 'string' ? value : (value ?? []).join(', ');
		if (value !== undefined && isPassedOn(name, text)) headers[name] = text;
	}
	return headers;
}

function isPassedOn(name: string, value: string): boolean {
	if (!SENDABLE.test(value)) return false;
	if (name === 'content-type') return SAFE_TYPE.test(value);
	return PASSED_ON.has(name) || PREFIXES_PASSED_ON.some((prefix) => name.startsWith(prefix));
}
