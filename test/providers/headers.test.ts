import { describe, expect, it } from 'vitest';
import { callerHeaders, significantHeaders, significantQuery, upstreamHeaders } from '../../src/providers/headers.ts';
import { dialects } from '../../src/providers/registry.ts';

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

	it('leave out one hop’s own, those that Connection names, cookies and what described the encoded body', () => {
		expect(
			callerHeaders({
				connection: 'keep-alive, X-Hop',
				'x-hop': '1',
				'keep-alive': 'timeout=5',
				'transfer-encoding': 'chunked',
				trailer: 'x',
				upgrade: 'h2c',
				'set-cookie': ['a=1'],
				'content-encoding': 'gzip',
				'content-length': '12',
				'access-control-allow-origin': '*',
				'cache-control': 'no-store',
				'x-kept': ['a', 'b'],
			}),
		).toEqual({ 'x-kept': 'a, b' });
	});
});
