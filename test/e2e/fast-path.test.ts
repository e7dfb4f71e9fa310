import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { PROVIDERS } from '../../src/shared/api-types.ts';
import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Account, createAccount } from './support/access.ts';
import type { Directus } from './support/directus.ts';
import {
	answerIn,
	comparable,
	logged,
	send,
	type Answer,
	type Sent,
	startTwoWays,
	type TwoWays,
	untilSettled,
} from './support/fast-path.ts';
import { ADMIN, type DirectusProcess } from './support/process.ts';

let ways: TwoWays;
let emulator: ProviderEmulator;
let directus: Directus;
let lane: DirectusProcess;
let normal: DirectusProcess;
let member: Account;

const PATH = '/ai-cache/generate';
let prompts = 0;
const chat = (more: object = {}): string =>
	JSON.stringify({ provider: 'openai', model: 'gpt-4o-mini', prompt: `Lane ${++prompts}`, ...more });

async function expectAlike(sent: Sent, wayOfLane: 'lane' | 'normal'): Promise<Answer> {
	for (let times = 0; times < 2; times++) {
		await send(normal, sent);
		await send(lane, sent);
	}
	const before = await logged(lane);
	const fast = await send(lane, sent);
	const slow = await send(normal, sent);
	expect(comparable(fast)).toEqual(comparable(slow));
	expect((await logged(lane)) > before).toBe(wayOfLane === 'normal');
	return fast;
}

beforeAll(async () => {
	ways = await startTwoWays();
	({ emulator, directus, lane, normal } = ways);
	member = await createAccount(directus, 'lane-member', []);
	await untilSettled(lane);
}, 240_000);
afterAll(() => ways.stop());
beforeEach(() => emulator.reset());

describe('the express lane answers as the normal way does', () => {
	it.each(PROVIDERS)('a hit of %s', async (provider) => {
		const models = {
			openai: 'gpt-4o-mini',
			anthropic: 'claude-haiku-4-5',
			mistral: 'mistral-small-latest',
			deepseek: 'deepseek-chat',
		};
		const { status, headers } = await expectAlike(
			{ path: PATH, body: chat({ provider, model: models[provider] }) },
			'lane',
		);
		expect([status, headers['x-ai-cache']]).toEqual([200, 'HIT']);
	});

	it('a look-up', async () => {
		const body = chat();
		await send(lane, { path: PATH, body });
		await expectAlike({ path: '/ai-cache/lookup', body }, 'lane');
	});

	it('a plain user, with the same bytes as an admin', async () => {
		const body = chat();
		await expectAlike({ path: PATH, body }, 'lane');
		await expectAlike({ path: PATH, body, token: member.token }, 'lane');
	});

	it('a scope of one user, which another user does not get', async () => {
		const body = chat({ cache: { scope: 'user' } });
		const admin = await expectAlike({ path: PATH, body }, 'lane');
		const other = await expectAlike({ path: PATH, body, token: member.token }, 'lane');
		expect(answerIn(other).cache.key).not.toBe(answerIn(admin).cache.key);
	});

	it.each([
		['gzip', 'gzip'],
		['br, gzip;q=0.2', 'gzip'],
		['identity', undefined],
		['gzip;q=0, *', undefined],
	])('a long hit of a compatible route, for who accepts %s', async (accepted, encoding) => {
		emulator.setText(() => 'A sentence that is said again. '.repeat(200));
		const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `Lane ${++prompts}` }] });
		const path = '/ai-cache/openai/v1/chat/completions';
		const sent = { path, body, headers: { 'accept-encoding': accepted } };
		const plain = await send(normal, { ...sent, headers: { 'accept-encoding': 'identity' } });
		const { headers, body: answer } = await expectAlike(sent, 'lane');
		expect([headers['x-ai-cache'], headers['content-encoding']]).toEqual(['HIT', encoding]);
		expect(headers['vary']).toMatch(/accept-encoding/i);
		expect(Number(headers['content-length']) < 1000).toBe(encoding === 'gzip');
		expect(answer).toBe(plain.body);
	});

	it.each(['openai/v1', 'mistral/v1', 'deepseek'])('a stream of a compatible route: %s', async (base) => {
		const body = JSON.stringify({
			model: 'some-model',
			messages: [{ role: 'user', content: `Lane ${++prompts}` }],
			stream: true,
		});
		const { headers, body: answer } = await expectAlike({ path: `/ai-cache/${base}/chat/completions`, body }, 'lane');
		expect([headers['x-ai-cache'], headers['content-encoding']]).toEqual(['HIT', undefined]);
		expect(answer).toMatch(/data: \[DONE\]\n\n$/);
	});

	it('a text of several bytes a character', async () => {
		const answer = await expectAlike({ path: PATH, body: chat({ prompt: 'Überschrift für „Ärger“ 🚀' }) }, 'lane');
		expect(answerIn(answer).text).toContain('🚀');
	});
});

describe('everything else takes the normal way, untouched', () => {
	it.each([
		['no token', { token: null }, 403],
		['a wrong token', { token: 'wrong' }, 401],
		['an origin', { headers: { origin: 'https://example.com' } }, 200],
		['a cookie', { headers: { cookie: 'a=b' } }, 200],
		['a token in the query as well', { path: `${PATH}?access_token=${ADMIN.token}` }, 400],
		['a content type that is no JSON', { headers: { 'content-type': 'text/plain' } }, 400],
	] as const)('%s', async (_, more, status) => {
		const body = chat();
		await send(lane, { path: PATH, body });
		const answer = await expectAlike({ path: PATH, body, ...more }, 'normal');
		expect(answer.status).toBe(status);
	});

	it.each([
		['malformed JSON', '{"provider":"openai"'],
		['an unknown field', JSON.stringify({ provider: 'openai', model: 'gpt-4o', prompt: 'x', colour: 'red' })],
		['an unknown provider', JSON.stringify({ provider: 'acme', model: 'x', prompt: 'x' })],
		['an empty body', ''],
		['a batch', JSON.stringify([{ provider: 'openai', model: 'gpt-4o', prompt: 'a batch' }])],
	])('%s', async (_, body) => {
		await expectAlike({ path: PATH, body }, 'normal');
	});

	it.each(['no-cache', 'no-store'])('the mode %s', async (mode) => {
		const body = chat();
		await send(lane, { path: PATH, body });
		const before = emulator.calls();
		await send(lane, { path: PATH, body: JSON.stringify({ ...(JSON.parse(body) as object), cache: { mode } }) });
		expect(emulator.calls()).toBe(before + 1);
	});

	it('an item template, which is read anew for every request', async () => {
		const template = chat({ collection: 'articles', item: 1, prompt: 'About {{title}}' });
		await expectAlike({ path: PATH, body: template }, 'normal');
	});

	it('a body that is larger than what a stream holds', async () => {
		const { status, headers } = await expectAlike(
			{ path: PATH, body: chat({ prompt: 'long '.repeat(20_000) }) },
			'normal',
		);
		expect([status, headers['x-ai-cache']]).toEqual([200, 'HIT']);
	});

	it('a body that arrives in pieces', async () => {
		const body = chat();
		await send(lane, { path: PATH, body });
		await send(lane, { path: PATH, body });
		const pieces = new ReadableStream({
			async start(controller) {
				for (const piece of [body.slice(0, 10), body.slice(10)]) {
					controller.enqueue(new TextEncoder().encode(piece));
					await new Promise((resolve) => setTimeout(resolve, 20));
				}
				controller.close();
			},
		});
		const response = await fetch(lane.url + PATH, {
			method: 'POST',
			body: pieces,
			duplex: 'half',
			headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN.token}` },
		} as RequestInit);
		expect([response.status, response.headers.get('x-ai-cache')]).toEqual([200, 'HIT']);
	});
});

describe('whoever may no longer is refused on the very next request', () => {
	const admitted = async (account: Account): Promise<Sent> => {
		const sent = { path: PATH, body: chat(), token: account.token };
		for (let times = 0; times < 3; times++) expect((await send(lane, sent)).status).toBe(200);
		return sent;
	};

	it.each(['lane', 'normal'] as const)('a suspended user, suspended through the process: %s', async (through) => {
		const account = await createAccount(directus, `suspended-${through}`, []);
		const sent = await admitted(account);
		const by = through === 'lane' ? lane : normal;
		await by.data('PATCH', `/users/${account.id}`, { status: 'suspended' });
		expect((await send(lane, sent)).status).toBe(401);
	});

	it('a deleted token', async () => {
		const account = await createAccount(directus, 'token-deleted', []);
		const sent = await admitted(account);
		await normal.data('PATCH', `/users/${account.id}`, { token: null });
		expect((await send(lane, sent)).status).toBe(401);
	});

	it('a deleted user', async () => {
		const account = await createAccount(directus, 'deleted', []);
		const sent = await admitted(account);
		await normal.api('DELETE', `/users/${account.id}`);
		expect((await send(lane, sent)).status).toBe(401);
	});

	it('a changed role: what was of the role before is not given any more', async () => {
		const account = await createAccount(directus, 'role-changed', []);
		const other = await createAccount(directus, 'role-other', []);
		const sent = { path: PATH, body: chat({ cache: { scope: 'role' } }), token: account.token };
		for (let times = 0; times < 3; times++) await send(lane, sent);
		const calls = emulator.calls();
		await normal.data('PATCH', `/users/${account.id}`, { role: other.role });
		const { headers } = await send(lane, sent);
		expect([headers['x-ai-cache'], emulator.calls()]).toEqual(['MISS', calls + 1]);
	});

	it('an admin whose policy went, on the routes of admins', async () => {
		const account = await createAccount(directus, 'policy-removed', [], { admin_access: true });
		await admitted(account);
		// Through the same process: without a Redis of its own, Directus tells no other of a changed policy.
		await lane.api('DELETE', `/policies/${account.policy}`);
		const response = await fetch(`${lane.url}/ai-cache/stats`, {
			headers: { authorization: `Bearer ${account.token}` },
		});
		expect(response.status).toBe(403);
	});
});

describe('the lane and the content', () => {
	it('gives nothing that changed through the other process', async () => {
		const sent = { path: PATH, body: chat({ collection: 'articles', items: [1] }) };
		for (let times = 0; times < 3; times++) await send(lane, sent);
		for (let round = 0; round < 20; round++) {
			await normal.data('PATCH', '/items/articles/1', { title: `Lane ${round}` });
			expect((await send(lane, sent)).headers['x-ai-cache']).toBe('MISS');
			expect((await send(lane, sent)).headers['x-ai-cache']).toBe('HIT');
		}
	});

	it('counts its hits', async () => {
		const before = await directus.data<{ overall: { hits: number } }>('GET', '/ai-cache/stats');
		const sent = { path: PATH, body: chat() };
		for (let times = 0; times < 6; times++) await send(lane, sent);
		const after = await directus.data<{ overall: { hits: number } }>('GET', '/ai-cache/stats');
		expect(after.overall.hits - before.overall.hits).toBe(5);
	});
});
