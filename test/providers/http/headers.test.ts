import { describe, expect, it } from 'vitest';
import {
	callerHeaders,
	significantHeaders,
	significantQuery,
	upstreamHeaders,
} from '../../../src/providers/http/headers.ts';
import { dialects } from '../../../src/providers/registry.ts';

describe('headers sent upstream', () => {
	it.each([
		['openai', { authorization: 'Bearer provider-key' }],
		['mistral', { authorization: 'Bearer provider-key' }],
		['deepseek', { authorization: 'Bearer provider-key' }],
		['anthropic', { 'x-api-key': 'provider-key' }],
	] as const)('authenticate at %s with the provider’s key and never carry the caller’s token', (provider, expected) => {
		const caller = { authorization: 'Bearer directus-token', 'x-api-key': 'directus-token', cookie: 'session=1' };
		const headers = upstreamHeaders(dialects[provider], caller, 'provider-key');
		expect(headers).toMatchObject(expected);
		expect(JSON.stringify(headers)).not.toContain('directus-token');
		expect(headers).not.toHaveProperty('cookie');
	});

	it('carry Anthropic’s version and betas, the caller’s before the default', () => {
		expect(upstreamHeaders(dialects.anthropic, {}, 'k')['anthropic-version']).toBe('2023-06-01');
		const caller = { 'anthropic-version': '2026-10-21', 'anthropic-beta': ['a', 'b'], 'x-other': '1' };
		const headers = upstreamHeaders(dialects.anthropic, caller, 'k');
		expect(headers['anthropic-version']).toBe('2026-10-21');
		expect(headers['anthropic-beta']).toBe('a, b');
		expect(headers).not.toHaveProperty('x-other');
	});

	it('come with what changes the answer of the query, and no token', () => {
		const query = new URLSearchParams('access_token=directus-token&beta=true&other=1');
		expect(significantQuery(dialects.anthropic, query)).toBe('beta=true');
		expect(significantQuery(dialects.openai, query)).toBe('');
	});

	it('count in the fingerprint where they change the answer', () => {
		expect(significantHeaders(dialects.anthropic, { 'anthropic-beta': 'a', accept: '*/*' })).toEqual({
			'anthropic-version': '2023-06-01',
			'anthropic-beta': 'a',
		});
		expect(significantHeaders(dialects.mistral, { accept: '*/*' })).toEqual({});
	});
});

describe('headers handed to the caller', () => {
	it('are the provider’s own, request id and rate limits above all', () => {
		const useful = {
			'content-type': 'application/json',
			'x-request-id': 'req_1',
			'request-id': 'req_2',
			'retry-after': '3',
			'x-ratelimit-remaining-requests': '9',
			'anthropic-ratelimit-tokens-remaining': '8',
			'openai-processing-ms': '12',
		};
		expect(callerHeaders(useful)).toEqual(useful);
	});

	it.each([
		'clear-site-data',
		'set-cookie',
		'set-cookie2',
		'refresh',
		'location',
		'content-location',
		'content-security-policy',
		'content-security-policy-report-only',
		'content-disposition',
		'access-control-allow-origin',
		'access-control-expose-headers',
		'cross-origin-opener-policy',
		'strict-transport-security',
		'public-key-pins',
		'alt-svc',
		'link',
		'nel',
		'report-to',
		'reporting-endpoints',
		'permissions-policy',
		'referrer-policy',
		'x-frame-options',
		'sourcemap',
		'service-worker-allowed',
		'www-authenticate',
		'proxy-authenticate',
		'cache-control',
		'vary',
		'etag',
		'age',
		'content-encoding',
		'content-length',
		'transfer-encoding',
		'connection',
		'keep-alive',
		'trailer',
		'upgrade',
		'x-ai-cache',
		'x-powered-by',
		'x-echoed-authorization',
		'x-anything-else',
	])('never hold what acts on the browser, the host or the connection, nor what nobody knows: %s', (name) => {
		expect(callerHeaders({ [name]: 'value' })).toEqual({});
	});

	it('hold a type of data alone', () => {
		for (const type of [
			'application/json',
			'application/problem+json; charset=utf-8',
			'text/event-stream;charset=utf-8',
		]) {
			expect(callerHeaders({ 'content-type': type })).toEqual({ 'content-type': type });
		}
		for (const type of ['text/html', 'image/svg+xml', 'application/javascript', 'text/event-streams', 'text/plain']) {
			expect(callerHeaders({ 'content-type': type })).toEqual({});
		}
	});

	it('hold nothing that Node refuses to send', () => {
		expect(callerHeaders({ 'x-request-id': 'a\u20acb', 'request-id': 'caf\u00e9' })).toEqual({
			'request-id': 'caf\u00e9',
		});
	});

	it('join what was repeated', () => {
		expect(callerHeaders({ 'x-ratelimit-limit-requests': ['1', '2'] })).toEqual({
			'x-ratelimit-limit-requests': '1, 2',
		});
	});
});
