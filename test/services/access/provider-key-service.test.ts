import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { HostContext } from '../../../src/services/host.ts';
import { ProviderKeys } from '../../../src/services/access/provider-key-service.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { testHost } from '../support/host.ts';

/** Directus with a key in its settings, which can be read unless told otherwise. */
function setUp(environment: Record<string, unknown> = {}) {
	const saved = { key: 'sk-saved', fails: false, reads: 0, tokens: ['token-of-directus'] };
	const database = () => ({
		select: () => ({ where: ({ token }: { token: string }) => ({ first: async () => rowOf(token) }) }),
	});
	const rowOf = (token: string) => (saved.tokens.includes(token) ? { id: 'u1' } : undefined);
	class SettingsService {
		async readSingleton(): Promise<Record<string, unknown>> {
			saved.reads++;
			if (saved.fails) throw new Error('the database is away');
			return { ai_openai_api_key: saved.key };
		}
	}
	const host = {
		...testHost(),
		database,
		services: { SettingsService },
		getSchema: async () => ({ collections: { directus_settings: { fields: { ai_openai_api_key: {} } } } }),
	} as unknown as HostContext;
	const keys = new ProviderKeys(readSettings(environment).values, host);
	return { saved, keys, find: async () => (await keys.find('openai'))?.key ?? null };
}

describe('a key from Directus’ settings', () => {
	it('is read once for those who ask within a minute', async () => {
		const { saved, find } = setUp();
		expect(await Promise.all([find(), find()])).toEqual(['sk-saved', 'sk-saved']);
		expect(await find()).toBe('sk-saved');
		expect(saved.reads).toBe(1);
	});

	it('that could not be read is read again by the next who asks', async () => {
		const { saved, find } = setUp();
		saved.fails = true;
		expect(await find()).toBeNull();
		saved.fails = false;
		expect(await find()).toBe('sk-saved');
	});

	it('that was known stays in use while it cannot be read', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		onTestFinished(() => void vi.useRealTimers());
		const { saved, find } = setUp();
		await find();
		saved.fails = true;
		vi.advanceTimersByTime(61_000);
		expect([await find(), saved.reads]).toEqual(['sk-saved', 2]);
	});

	it('is given up with a change of the settings, even where they cannot be read then', async () => {
		const { saved, keys, find } = setUp();
		await find();
		keys.forget();
		saved.fails = true;
		expect(await find()).toBeNull();
		saved.fails = false;
		saved.key = 'sk-next';
		expect(await find()).toBe('sk-next');
	});
});

describe('a key that is an access token of Directus', () => {
	const jwt = (claims: object) =>
		['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');

	it.each([
		['a static token of a user', 'token-of-directus'],
		['a temporary token', jwt({ id: 'u1', iss: 'directus' })],
	])('as %s is not given out, and is named', async (_, key) => {
		const { saved, keys, find } = setUp();
		saved.key = key;
		expect(await find()).toBeNull();
		expect(keys.problems()).toEqual([expect.stringContaining('openai in Settings → AI')]);
		saved.key = 'sk-right';
		keys.forget();
		expect(await find()).toBe('sk-right');
		expect(keys.problems()).toEqual([]);
	});

	it('is not given out from the environment either', async () => {
		const { keys, find } = setUp({ AI_CACHE_OPENAI_API_KEY: 'token-of-directus' });
		expect(await find()).toBeNull();
		expect(keys.problems()).toEqual([expect.stringContaining('AI_CACHE_OPENAI_API_KEY')]);
	});

	it('is not mistaken for one that another issuer made', async () => {
		const { saved, find } = setUp();
		saved.key = jwt({ iss: 'a gateway' });
		expect(await find()).toBe(saved.key);
	});
});
