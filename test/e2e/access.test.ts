import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { VERSION } from '../../src/services/config/version.ts';
import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Account, createAccount, createMember, createPolicy } from './support/access.ts';
import type { Directus } from './support/directus.ts';
import type { Ask } from './support/generations.ts';
import { majorUnderTest } from './support/paths.ts';
import { type Served, serve } from './support/test-server.ts';

const READ_ARTICLE = { collection: 'articles', action: 'read' } as const;
const READ_ARTICLES = [READ_ARTICLE];
const chat = (more: object = {}) => ({ provider: 'openai', model: 'gpt-4o-mini', prompt: 'Who may ask?', ...more });

/** Every native route with its rule; bodies are sound, so that only the rule can refuse. */
const ROUTES: [method: string, path: string, who: 'caller' | 'writer' | 'admin', body?: object][] = [
	['POST', '/generate', 'caller', chat()],
	['POST', '/lookup', 'caller', chat()],
	['GET', '/health', 'caller'],
	['POST', '/store', 'writer', chat({ text: 'Obtained elsewhere' })],
	['POST', '/invalidate', 'admin', { tags: ['nothing'] }],
	['GET', '/stats', 'admin'],
	['GET', '/metrics', 'admin'],
	['GET', '/entries', 'admin'],
	['GET', '/entries/no-such-key', 'admin'],
	['DELETE', '/entries/no-such-key', 'admin'],
	['DELETE', '/entries', 'admin', { keys: ['no-such-key'] }],
	['GET', '/journal', 'admin'],
	['POST', '/versions', 'admin', { provider: 'openai', model: 'some-model' }],
	['GET', '/settings', 'admin'],
	['GET', '/warm/candidates', 'admin'],
	['POST', '/warm', 'admin', { top: 1 }],
	['GET', '/warm', 'admin'],
	['GET', '/warm/no-such-job', 'admin'],
	['DELETE', '/warm/no-such-job', 'admin'],
];

let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;
let plain: Account;
let member: { id: string; token: string };
let outsider: Account;
let writer: Account;

beforeAll(async () => {
	served = await serve();
	({ emulator, directus, ask } = served);
	plain = await createAccount(directus, 'plain', READ_ARTICLES);
	member = await createMember(directus, 'member', plain.role);
	outsider = await createAccount(directus, 'outsider', READ_ARTICLES);
	writer = await createAccount(directus, 'writer', READ_ARTICLES);
});
afterAll(() => served.stop());

const statusAs = async (token: string | null, [method, path, , body]: (typeof ROUTES)[number]) =>
	(await directus.api(method, `/ai-cache${path}`, body, token)).status;

describe('without any setting', () => {
	it.each(ROUTES)('%s %s is closed to the public', async (...route) => {
		expect(await statusAs(null, route)).toBe(403);
	});

	it.each(ROUTES)('%s %s keeps its rule (%s) before a plain user', async (...route) => {
		const status = await statusAs(plain.token, route);
		if (route[2] === 'caller') expect(status).toBe(200);
		else expect(status).toBe(403);
	});

	it.each(ROUTES)('%s %s is open to an admin', async (...route) => {
		expect(await statusAs(undefined as unknown as null, route)).toSatisfy((status) => status === 200 || status === 404);
	});

	it('health says to a plain user how it is, and nothing more', async () => {
		expect(await directus.data('GET', '/ai-cache/health', undefined, plain.token)).toEqual({ status: 'ok' });
		const full = await directus.data('GET', '/ai-cache/health');
		expect(full).toMatchObject({
			status: 'ok',
			store: { kind: 'memory', mode: 'embedded', connected: true, hints: 'none', breaker: 'closed' },
			providers: { mistral: { has_key: true, key_source: 'environment', key_setting: 'AI_CACHE_MISTRAL_API_KEY' } },
			version: VERSION,
		});
	});
});

describe('the scope', () => {
	it('user keeps one user’s answers from all others, also from admins', async () => {
		const request = chat({ prompt: 'Mine alone', cache: { scope: 'user' } });
		const first = await ask(request, plain.token);
		const others = [await ask(request, member.token), await ask(request)];
		expect([first, ...others].map(({ cache }) => cache)).toEqual(['MISS', 'MISS', 'MISS']);
		expect((await ask(request, plain.token)).cache).toBe('HIT');
	});

	it('role shares them among those of one role alone', async () => {
		const request = chat({ prompt: 'Ours alone', cache: { scope: 'role' } });
		const asked = [
			await ask(request, plain.token),
			await ask(request, member.token),
			await ask(request, outsider.token),
		];
		expect(asked.map(({ cache }) => cache)).toEqual(['MISS', 'HIT', 'MISS']);
	});

	it('shared shares them with everybody', async () => {
		const request = chat({ prompt: 'Everybody’s' });
		expect([(await ask(request, plain.token)).cache, (await ask(request, outsider.token)).cache]).toEqual([
			'MISS',
			'HIT',
		]);
	});
});

describe('an item’s template', () => {
	it('is read with the caller’s own permissions: what they may not read is asked of nobody', async () => {
		const request = chat({ collection: 'authors', item: 1, prompt: 'Who is {{name}}?' });
		const before = emulator.calls();
		const refused = await ask(request, plain.token);
		expect(refused.status).toBe(403);
		expect(emulator.calls()).toBe(before);
		expect((await ask(request)).data?.text).toContain('Ada Lovelace');
	});

	it.runIf(majorUnderTest() === 11)('that may be read in one item alone is a 403 in the others', async () => {
		const bodyOfFirst = { fields: ['id', 'body'], permissions: { id: { _eq: 1 } } };
		const reader = await createAccount(directus, 'partial', [{ ...READ_ARTICLE, fields: ['id', 'title'] }]);
		const policy = await createPolicy(directus, 'first', [{ ...READ_ARTICLE, ...bodyOfFirst }]);
		await directus.data('POST', '/access', { role: reader.role, policy });
		const about = (item: number) =>
			ask(chat({ collection: 'articles', item, prompt: 'Sum up {{body}}' }), reader.token);
		const before = emulator.calls();
		expect(await about(1)).toMatchObject({ status: 200, cache: 'MISS' });
		const { status, errors } = await about(2);
		expect(status).toBe(403);
		expect(errors[0]?.message).toContain('{{body}}');
		expect(emulator.calls() - before).toBe(1);
	});

	it.runIf(majorUnderTest() === 11)('that leads to an item which the caller may not read is a 403', async () => {
		const reader = await createAccount(directus, 'related', [
			{ ...READ_ARTICLE, fields: ['*'] },
			{ collection: 'authors', action: 'read', permissions: { id: { _eq: 2 } } },
		]);
		const about = (item: number) =>
			ask(chat({ collection: 'articles', item, prompt: 'Who wrote it? {{author.name}}' }), reader.token);
		const before = emulator.calls();
		expect(await about(1)).toMatchObject({ status: 200, cache: 'MISS' });
		const { status, errors } = await about(2);
		expect(status).toBe(403);
		expect(errors[0]?.message).toContain('{{author.name}}');
		expect(emulator.calls() - before).toBe(1);
	});
});

describe('with lists of who may ask and who may store', () => {
	beforeAll(() =>
		directus.process(0).restart({
			AI_CACHE_ACCESS: `${plain.role},${writer.id}`,
			AI_CACHE_WRITERS: writer.role,
		}),
	);

	it('those who are named, by role or by user, and admins may ask; nobody else', async () => {
		const tokens = [plain.token, member.token, writer.token, undefined];
		const allowed = await Promise.all(tokens.map(async (token) => (await ask(chat(), token)).status));
		expect(allowed).toEqual([200, 200, 200, 200]);
		expect((await ask(chat(), outsider.token)).status).toBe(403);
		expect((await directus.api('GET', '/ai-cache/health', undefined, outsider.token)).status).toBe(403);
	});

	it('a writer may store and still not administer', async () => {
		const stored = await directus.api('POST', '/ai-cache/store', chat({ text: 'Mine' }), writer.token);
		const refused = await directus.api('POST', '/ai-cache/store', chat({ text: 'Mine' }), plain.token);
		const stats = await directus.api('GET', '/ai-cache/stats', undefined, writer.token);
		expect([stored.status, refused.status, stats.status]).toEqual([200, 403, 403]);
	});
});
