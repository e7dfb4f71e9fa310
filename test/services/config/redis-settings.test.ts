import { describe, expect, it } from 'vitest';

import { readSettings, SettingsError } from '../../../src/services/config/settings.ts';
import { createCertificate } from '../../support/certificates.ts';

function mistakesIn(environment: Record<string, unknown>): string[] {
	try {
		readSettings(environment);
	} catch (error) {
		expect(error).toBeInstanceOf(SettingsError);
		return (error as Error).message.split('\n  - ').slice(1);
	}
	return [];
}

describe('the Redis', () => {
	it.each([
		['our own address', { AI_CACHE_REDIS: 'redis://own', REDIS: 'redis://theirs' }, { url: 'redis://own' }],
		['Directus’ address', { REDIS: 'redis://theirs' }, { url: 'redis://theirs' }],
		[
			'Directus’ host',
			{ REDIS_HOST: 'theirs', REDIS_PORT: 6380, REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p', REDIS_DB: '2' },
			{ host: 'theirs', port: 6380, username: 'u', password: 'p', db: 2 },
		],
		['a cluster', { AI_CACHE_REDIS_CLUSTER: 'a:1', REDIS: 'redis://theirs' }, { cluster: [{ host: 'a', port: 1 }] }],
		[
			'Sentinels',
			{ AI_CACHE_REDIS_SENTINELS: 'a:1', AI_CACHE_REDIS_SENTINEL_NAME: 'main' },
			{ sentinels: [{ host: 'a', port: 1 }], sentinelName: 'main' },
		],
	])('is %s where that is set, and is then the store', (_, environment, connection) => {
		const settings = readSettings(environment);
		expect(settings.store).toBe('redis');
		expect(settings.redis).toMatchObject(connection);
	});

	it('trusts every certificate of a list', () => {
		const certificate = createCertificate('DNS:localhost');
		const pem = certificate.cert.trim();
		certificate.remove();
		for (const given of [JSON.stringify({ ca: [pem, pem] }), JSON.stringify({ ca: `${pem}\n${pem}` })]) {
			const { redis } = readSettings({ REDIS_HOST: 'a', REDIS_TLS: given }) as { redis: { tls: { ca: string } } };
			expect(redis.tls.ca.match(/^-----BEGIN/gm)).toHaveLength(2);
		}
	});

	it.each<[string, Record<string, unknown>, object]>([
		['a path', { REDIS_PATH: '/run/redis.sock' }, { path: '/run/redis.sock' }],
		['a port alone', { REDIS_PORT: 7000 }, { port: 7000 }],
		['Directus’ switch alone', { REDIS_ENABLED: true }, { connectTimeoutMs: 2000 }],
		['TLS', { REDIS_HOST: 'a', REDIS_TLS: true }, { tls: true }],
		['no TLS', { REDIS_HOST: 'a', REDIS_TLS: false }, { tls: false }],
		[
			'TLS in parts',
			{ REDIS_HOST: 'a', REDIS_TLS: true, REDIS_TLS__REJECT_UNAUTHORIZED: false, REDIS_TLS__SERVERNAME: 'b' },
			{ tls: { rejectUnauthorized: false, servername: 'b' } },
		],
		['a TLS profile', { REDIS_HOST: 'a', REDIS_TLS: 'RedisCloudFixed' }, { tls: { profile: 'RedisCloudFixed' } }],
		[
			'numbers and switches as text',
			{ REDIS_HOST: 'a', REDIS_FAMILY: '6', REDIS_DB: '3', REDIS_CONNECT_TIMEOUT: '500', REDIS_NO_DELAY: 'true' },
			{ family: 6, db: 3, connectTimeoutMs: 500, noDelay: true },
		],
		[
			'a prefix and names',
			{ REDIS_HOST: 'a', REDIS_KEY_PREFIX: 'shop:', REDIS_CONNECTION_NAME: 'shop' },
			{ keyPrefix: 'shop:', connectionName: 'shop' },
		],
		[
			'Sentinels as nested variables',
			{ REDIS_SENTINELS__0__HOST: 'a', REDIS_SENTINELS__0__PORT: 1, REDIS_NAME: 'm', REDIS_SENTINEL_PASSWORD: 'p' },
			{ sentinels: [{ host: 'a', port: 1 }], sentinelName: 'm', sentinelPassword: 'p' },
		],
		[
			'Sentinels that Directus parsed',
			{ REDIS_SENTINELS: [{ host: 'a', port: 1 }, { host: 'b' }] },
			{
				sentinels: [
					{ host: 'a', port: 1 },
					{ host: 'b', port: 26_379 },
				],
			},
		],
		[
			'Sentinels that Directus split',
			{ REDIS_SENTINELS: ['[{"host":"a"', '"port":1}', '{"host":"b"', '"port":2}]'] },
			{
				sentinels: [
					{ host: 'a', port: 1 },
					{ host: 'b', port: 2 },
				],
			},
		],
		['IPv6 in brackets', { AI_CACHE_REDIS_CLUSTER: '[::1]:7000' }, { cluster: [{ host: '::1', port: 7000 }] }],
		[
			'credentials of our own over Directus’',
			{
				AI_CACHE_REDIS_CLUSTER: 'a:1',
				AI_CACHE_REDIS_PASSWORD: ['a', 'b'],
				REDIS_PASSWORD: 'theirs',
				REDIS_USERNAME: 'u',
				REDIS_ENABLED: false,
			},
			{ cluster: [{ host: 'a', port: 1 }], password: 'a,b', username: 'u' },
		],
		[
			'Sentinels’ own credentials',
			{
				AI_CACHE_REDIS_SENTINELS: 'a:1',
				AI_CACHE_REDIS_SENTINEL_USERNAME: 'w',
				AI_CACHE_REDIS_SENTINEL_PASSWORD: 'p',
			},
			{ sentinelUsername: 'w', sentinelPassword: 'p' },
		],
		[
			'our own address though Directus uses no Redis',
			{ AI_CACHE_REDIS: 'rediss://own', REDIS_ENABLED: false, AI_CACHE_REDIS_TLS__REJECT_UNAUTHORIZED: false },
			{ url: 'rediss://own', tls: { rejectUnauthorized: false } },
		],
	])('is connected to by %s', (_, environment, connection) => {
		const settings = readSettings(environment);
		expect(settings.store).toBe('redis');
		expect(settings.redis).toMatchObject(connection);
		expect(settings.unused).toEqual([]);
	});

	it.each([
		[{ REDIS_ENABLED: false, REDIS_HOST: 'theirs' }],
		[{ REDIS_ENABLED: 'false', REDIS: 'redis://theirs' }],
		[{ REDIS: '' }],
	])('is not Directus’ own with %o', (environment) => {
		expect(readSettings(environment).store).toBe('memory');
	});

	it.each<[string, unknown, string]>([
		['REDIS_PORT', 'tcp://10.0.0.1:6379', 'is no number'],
		['REDIS_DB', 'two', 'is no number'],
		['REDIS_FAMILY', 5, 'must be 4, 6 or 0'],
		['REDIS_TLS', 'perhaps', 'is neither true nor false'],
		['REDIS_TLS__CA', '/etc/ca.pem', 'must be a certificate in PEM notation'],
		['REDIS_TLS__MIN_VERSION', 'TLSv9', 'is not usable for TLS (ERR_TLS_INVALID_PROTOCOL_VERSION)'],
		['REDIS_CONNECT_TIMEOUT', 'soon', 'is no duration; write it with its unit, as 250ms, 30s or 24h'],
	])('is refused with a wrong %s', (name, value, mistake) => {
		expect(mistakesIn({ REDIS_HOST: 'a', [name]: value })).toEqual([`${name}: ${mistake}`]);
		expect(mistakesIn({ AI_CACHE_REDIS: 'redis://own', [name]: value })).toEqual([]);
	});

	it('is refused with an address that is none', () => {
		expect(mistakesIn({ REDIS: 'redis://a:port' })).toEqual(['REDIS: must be an address such as redis://host:6379']);
	});

	it('names what is not used of what is set about it', () => {
		const tls = { REDIS_HOST: 'a', REDIS_TLS__ALPN: 'x', REDIS_COMMAND_TIMEOUT: 5, REDIS_LOCK_NAMESPACE: 'l' };
		expect(readSettings(tls).unused).toEqual(['REDIS_TLS__ALPN', 'REDIS_COMMAND_TIMEOUT']);
		expect(readSettings({ REDIS: 'redis://a', REDIS_TLS: true }).unused).toEqual(['REDIS_TLS']);
		expect(readSettings({ AI_CACHE_REDIS_CLUSTER: 'a:1', AI_CACHE_REDIS_DB: 1 }).unused).toEqual(['AI_CACHE_REDIS_DB']);
		expect(readSettings({ AI_CACHE_REDIS_PASSWORD: 'p' }).unused).toEqual(['AI_CACHE_REDIS_PASSWORD']);
		expect(mistakesIn({ AI_CACHE_REDIS_HOST: 'a' })).toEqual(['AI_CACHE_REDIS_HOST: no such setting']);
	});

	it('is not used where the memory store is asked for', () => {
		expect(readSettings({ AI_CACHE_STORE: 'memory', REDIS: 'redis://theirs' }).store).toBe('memory');
	});
});
