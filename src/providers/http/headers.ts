import type { ProviderDialect } from '../adapter.ts';

export type Headers = Record<string, string>;

/** As Node gives them: lower-case names, repeated ones as an array. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What SDKs, logs and support read of a provider's response: its type, when to try again, the request's names, rate
 * limits, and how long it took. Nothing else is passed on, so that no header acts on the browser, on Directus' host or
 * on one connection.
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

/** What a body's type may be: the caller's browser is not to run it. */
const SAFE_TYPE = /^(?:application\/(?:[\w.-]{1,60}\+)?json|text\/event-stream)\s*(?:;|$)/i;

/** What Node sends in a header. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * What is sent upstream: the body's type, the dialect's own headers, and of the caller's only those that change the
 * answer. The caller's token never goes there, the provider's key always wins.
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

/** Headers that count in the fingerprint: the dialect's defaults, under those that the caller sent. */
export function significantHeaders(dialect: ProviderDialect, callerHeaders: ReceivedHeaders): Headers {
	const headers: Headers = { ...dialect.defaultHeaders };
	for (const name of dialect.significantHeaders) {
		const value = callerHeaders[name];
		if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
	}
	return headers;
}

/** As they count in the fingerprint: `a,b` in a list of betas is `b, a`. */
export function fingerprintHeaders(significant: Headers): Headers {
	return Object.fromEntries(
		Object.entries(significant).map(([name, value]) => [name, name.endsWith('-beta') ? sortedList(value) : value]),
	);
}

function sortedList(value: string): string {
	const parts = value.split(',').map((part) => part.trim());
	return [...new Set(parts.filter((part) => part !== ''))].sort().join(',');
}

/** What of the caller's query is sent upstream and counts in the fingerprint; the caller's token is none of it. */
export function significantQuery(dialect: ProviderDialect, asked: URLSearchParams): string {
	const kept = new URLSearchParams();
	for (const name of dialect.significantQuery) for (const value of asked.getAll(name)) kept.append(name, value);
	return kept.toString();
}

/** Those of the provider's headers that reach the caller. The client has dropped what repeats the provider's key. */
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
