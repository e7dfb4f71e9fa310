import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { parseDuration, parseSize } from '../../../src/services/config/notation.ts';
import { defaultOf, readSettings, SettingsError } from '../../../src/services/config/settings.ts';
import { SECRET_SETTINGS, type SettingName, SETTINGS } from '../../../src/services/config/settings-schema.ts';

const NAMES = Object.keys(SETTINGS) as SettingName[];

function mistakesIn(environment: Record<string, unknown>): string[] {
	try {
		readSettings(environment);
	} catch (error) {
		expect(error).toBeInstanceOf(SettingsError);
		return (error as Error).message.split('\n  - ').slice(1);
	}
	return [];
}

describe('durations and sizes', () => {
	it.each([
		['250ms', 250],
		['1.5s', 1500],
		['15m', 900_000],
		['24h', 86_400_000],
		[' 7 D ', 604_800_000],
		['0', 0],
		['10', null],
		['-1s', null],
		['1 fortnight', null],
		['', null],
	])('reads “%s” as %s milliseconds', (text, milliseconds) => {
		expect(parseDuration(text)).toBe(milliseconds);
	});

	it.each([
		['1000', 1000],
		['64kb', 65_536],
		['256MB', 268_435_456],
		['1.5gb', 1_610_612_736],
		['many', null],
		['1mib', null],
	])('reads “%s” as %s bytes', (text, bytes) => {
		expect(parseSize(text)).toBe(bytes);
	});
});

describe('settings', () => {
	it('are sound without a single one of them', () => {
		const { values, store } = readSettings({});
		expect(store).toBe('memory');
		expect(values).toMatchObject({
			AI_CACHE_TTL: 86_400_000,
			AI_CACHE_STORE_TIMEOUT: 250,
			AI_CACHE_COMPRESS_ABOVE: 1000,
			AI_CACHE_SCOPE: 'shared',
			AI_CACHE_ACCESS: [],
			AI_CACHE_OPENAI_BASE_URL: 'https://api.openai.com/v1',
		});
	});

	it('that are wrong are all named in one error, also those that contradict each other', () => {
		const mistakes = mistakesIn({
			AI_CACHE_STORE: 'redis',
			AI_CACHE_TTL: '60d',
			AI_CACHE_MAX_TTL: '30d',
			AI_CACHE_SCOPE: 'everyone',
			AI_CACHE_BATCH_MAX: '0',
			AI_CACHE_MEMORY_MAX: 'lots',
			AI_CACHE_COLLECTIONS: '{"articles":{"ttl":1}}',
			AI_CACHE_WARM_SCHEDULE: 'at night',
			AI_CACHE_TYPO: 'x',
		});
		expect(mistakes.map((line) => line.split(':')[0]).sort()).toEqual([
			'AI_CACHE_BATCH_MAX',
			'AI_CACHE_COLLECTIONS.articles',
			'AI_CACHE_MEMORY_MAX',
			'AI_CACHE_SCOPE',
			'AI_CACHE_STORE',
			'AI_CACHE_TTL',
			'AI_CACHE_TYPO',
			'AI_CACHE_WARM_SCHEDULE',
		]);
	});

	it.each(NAMES)('never repeat what %s was set to when it is wrong', (name) => {
		const secret = 'sk-secret-1234';
		expect(mistakesIn({ [name]: `${secret}, }{ ://` }).join()).not.toContain(secret);
	});

	it.each([
		['AI_CACHE_REDIS', 'not an address'],
		['AI_CACHE_REDIS', 'http://redis:6379'],
		['AI_CACHE_REDIS_CLUSTER', 'node-1:99999'],
		['AI_CACHE_UPSTREAM_TIMEOUT', '30d'],
		['AI_CACHE_OPENAI_API_KEY', 'sk-“quoted”'],
		['AI_CACHE_OPENAI_API_KEY', 'sk-of\ntwo-lines'],
		['AI_CACHE_OPENAI_BASE_URL', 'https://gateway.example/v1?api-version=2026-01-01'],
		['AI_CACHE_REDIS_SENTINEL_NAME', 'mymaster'],
		['AI_CACHE_REDIS_TLS', 'true'],
	])('name %s where it is %s', (name, value) => {
		expect(mistakesIn({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}[.\\d]*: `))]);
	});

	it('say that no two places of a Redis can be meant', () => {
		const nodes = { AI_CACHE_REDIS: 'redis://one', AI_CACHE_REDIS_CLUSTER: 'two:7000' };
		expect(mistakesIn(nodes)).toEqual(['AI_CACHE_REDIS, AI_CACHE_REDIS_CLUSTER: exclude each other']);
	});

	it.each([
		[
			'JSON that Directus split at its commas',
			['{"articles":{"ttl_factor":0.5', '"scope":"user"}', '"pages":{"enabled":false}}'],
		],
		['JSON that Directus parsed', { articles: { ttl_factor: 0.5, scope: 'user' }, pages: { enabled: false } }],
		['JSON as text', '{"articles":{"ttl_factor":0.5,"scope":"user"},"pages":{"enabled":false}}'],
	])('take %s', (_, given) => {
		expect(readSettings({ AI_CACHE_COLLECTIONS: given }).values.AI_CACHE_COLLECTIONS).toEqual({
			articles: { enabled: true, ttl_factor: 0.5, scope: 'user' },
			pages: { enabled: false, ttl_factor: 1 },
		});
	});

	it('take what Directus made numbers, booleans and lists of', () => {
		const { values } = readSettings({
			AI_CACHE_COMPRESS_ABOVE: 500,
			AI_CACHE_STORE_TRUNCATED: true,
			AI_CACHE_STUDIO_SHOW_CONTENT: 'false',
			AI_CACHE_ACCESS: ['one', ' two '],
			AI_CACHE_WRITERS: 'one, two,',
			AI_CACHE_WARM_SCHEDULE: [0, '30 3 * * *'],
			AI_CACHE_REDIS_CLUSTER: ['redis://a:7000', 'b:7001'],
		});
		expect(values).toMatchObject({
			AI_CACHE_COMPRESS_ABOVE: 500,
			AI_CACHE_STORE_TRUNCATED: true,
			AI_CACHE_STUDIO_SHOW_CONTENT: false,
			AI_CACHE_ACCESS: ['one', 'two'],
			AI_CACHE_WRITERS: ['one', 'two'],
			AI_CACHE_WARM_SCHEDULE: '0,30 3 * * *',
			AI_CACHE_REDIS_CLUSTER: [
				{ host: 'a', port: 7000 },
				{ host: 'b', port: 7001 },
			],
		});
	});
});

describe('the proxies', () => {
	it.each([
		['none', {}, { http: '', https: '', noProxy: '' }],
		['both', { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, { http: 'http://a:1', https: 'http://b:2' }],
		['one for both', { http_proxy: 'http://a:1' }, { http: 'http://a:1', https: 'http://a:1' }],
		['that for https alone', { https_proxy: 'https://b' }, { http: '', https: 'https://b' }],
		['the lower-case name first', { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, { https: 'http://b' }],
		[
			'a list that Directus split',
			{ NO_PROXY: ['localhost', 127, '.internal'] },
			{ noProxy: 'localhost,127,.internal' },
		],
		['a password with a comma', { HTTP_PROXY: ['http://a:b', 'c@d'] }, { http: 'http://a:b,c@d' }],
		['an empty one as none', { HTTP_PROXY: '', HTTPS_PROXY: null }, { http: '', https: '' }],
	])('are read from Directus’ environment: %s', (_name, environment, expected) => {
		expect(readSettings(environment).proxies).toMatchObject(expected);
	});

	it.each([
		'proxy:3128',
		'proxy',
		'socks5://proxy:1080',
		'http://',
		'ftp://a:secret@b',
		'http://a:%zz@b',
		'http://a:secret@b:99999',
	])('that are no address are refused by name, without their value: %s', (address) => {
		expect(mistakesIn({ https_proxy: address })).toEqual([
			'https_proxy: must be an address such as http://proxy.example:3128',
		]);
		expect(mistakesIn({ HTTP_PROXY: address })).toHaveLength(1);
	});

	it.each(['api.openai.com/v1', 'ftp://api.openai.com', 'http://', 'http://[::1'])(
		'and a base URL that is none: %s',
		(address) => {
			expect(mistakesIn({ AI_CACHE_OPENAI_BASE_URL: address })).toEqual([
				'AI_CACHE_OPENAI_BASE_URL: is no http(s) URL, or one with a query',
			]);
		},
	);
});

describe('the list of settings', () => {
	const rowOf = (environment: Record<string, unknown>, name: SettingName) =>
		readSettings(environment).rows.find((row) => row.name === name);

	it('holds every one of them, with its default as an operator would write it', () => {
		expect(readSettings({}).rows.map(({ name }) => name)).toEqual(NAMES);
		expect(rowOf({}, 'AI_CACHE_MAX_TTL')).toEqual({
			name: 'AI_CACHE_MAX_TTL',
			value: '30d',
			source: 'default',
			secret: false,
		});
	});

	it.each([...SECRET_SETTINGS])('says of %s only whether it is set', (name) => {
		expect(rowOf({ [name]: 'redis://user:secret@host' }, name)).toMatchObject({ value: 'set', secret: true });
		expect(rowOf({}, name)).toMatchObject({ value: 'unset', source: 'default' });
	});

	it('says where the Redis is Directus’ own, and hides credentials in addresses', () => {
		expect(rowOf({ REDIS: 'redis://theirs' }, 'AI_CACHE_REDIS')).toMatchObject({ value: 'set', source: 'directus' });
		const proxied = { AI_CACHE_OPENAI_BASE_URL: 'https://user:secret@proxy.example/v1' };
		expect(rowOf(proxied, 'AI_CACHE_OPENAI_BASE_URL')?.value).toBe('https://proxy.example/v1');
	});
});

describe('docs/configuration.md', () => {
	const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
	const described = [...text.matchAll(/^### `(AI_CACHE_\w+)`$/gm)].map(([, name]) => name);

	it('describes every setting once, and none that there is not', () => {
		expect(described.sort()).toEqual([...NAMES].sort());
	});

	it.each(NAMES.filter((name) => defaultOf(name) !== undefined))('names the default of %s', (name) => {
		const section = text.split(`### \`${name}\``)[1]?.split('\n### ')[0];
		const value = String(defaultOf(name));
		expect(section).toContain(value === '' ? 'empty by default' : `default \`${value}\``);
	});
});

describe('a setting that names a file', () => {
	it('is refused, and says how else a secret gets in', () => {
		expect(() => readSettings({ AI_CACHE_OPENAI_API_KEY_FILE: '/run/secrets/key' })).toThrow(
			/AI_CACHE_OPENAI_API_KEY_FILE: no such setting; export AI_CACHE_OPENAI_API_KEY from the file/,
		);
	});
});
