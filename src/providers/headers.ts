import type { ProviderDialect } from './provider.ts';

export type Headers = Record<string, string>;

/** As Node gives them: lower-case names, repeated ones as an array. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** RFC 9110 §7.6.1: of one connection only, beside those that `Connection` names. */
const HOP_BY_HOP = new Set([
	'connection',
	'keep-alive',
	'proxy-authenticate',
	'proxy-authorization',
	'proxy-connection',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
]);

/** Ours to set anew (the body is passed on decoded), or nothing that a provider has to say on our host. */
const NOT_PASSED_ON = new Set([
	'content-encoding',
	'content-length',
	'set-cookie',
	'set-cookie2',
	'alt-svc',
	'strict-transport-security',
	'content-security-policy',
	'content-security-policy-report-only',
	'report-to',
	'nel',
	'server',
	'date',
	'x-powered-by',
	'x-frame-options',
	'cache-control',
	'cache-status',
	'age',
	'expires',
	'etag',
	'last-modified',
	'vary',
]);

const ownCors = (name: string): boolean => name.startsWith('access-control-') || name.startsWith('cross-origin-');

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

/** What of the provider's headers reaches the caller: `request-id`, rate limits and their like, no hop's own. */
export function callerHeaders(received: ReceivedHeaders): Headers {
	const named = new Set(
		String(received['connection'] ?? '')
			.toLowerCase()
			.split(',')
			.map((name) => name.trim()),
	);
	const headers: Headers = {};
	for (const [name, value] of Object.entries(received)) {
		if (value === undefined || HOP_BY_HOP.has(name) || NOT_PASSED_ON.has(name) || named.has(name) || ownCors(name))
			continue;
		headers[name] = typeof value === 'string' ? value : value.join(', ');
	}
	return headers;
}
