import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Account, createAccount } from './support/access.ts';
import type { Directus } from './support/directus.ts';
import { logged, send, type Sent, startTwoWays, type TwoWays } from './support/fast-path.ts';
import { HOST, JSON_TYPE, text, withBody, withHeaders } from './support/fast-path-requests.ts';
import type { DirectusProcess } from './support/process.ts';
import { RawConnection, rawBytes } from './support/raw-http.ts';

const PATH = '/ai-cache/generate';
const TOKEN_LIFE_S = 4;
const POINTS = 6;

let ways: TwoWays;
let directus: Directus;
let lane: DirectusProcess;
let normal: DirectusProcess;
let member: Account;

beforeAll(async () => {
	ways = await startTwoWays({ ACCESS_TOKEN_TTL: `${TOKEN_LIFE_S}s` });
	({ directus, lane, normal } = ways);
	member = await createAccount(directus, 'lane-caller', []);
}, 240_000);
afterAll(() => ways.stop());

const request = (token: string): Sent => ({
	path: PATH,
	body: JSON.stringify({ provider: 'openai', model: 'gpt-4o-mini', prompt: text() }),
	token,
});

/**
 * Whether the lane answers it, once it knows it. A change before may be told a second time, when it is committed: then the
 * lane has to learn anew.
 */
async function isQuick(sent: Sent): Promise<boolean> {
	for (let times = 0; times < 2; times++) expect((await send(lane, sent)).status).toBe(200);
	// Who may do what has to be known for a second before anybody is remembered.
	for (const until = Date.now() + 2500; Date.now() < until;) {
		if (await isQuickNow(sent)) return true;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return false;
}

async function isQuickNow(sent: Sent): Promise<boolean> {
	const before = await logged(lane);
	expect((await send(lane, sent)).status).toBe(200);
	return (await logged(lane)) === before;
}

const logIn = ({ email, password }: Account, mode: 'json' | 'session'): Promise<Response> =>
	fetch(`${lane.url}/auth/login`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email, password, mode }),
	});

describe('a token', () => {
	it.each([
		['in the shape of a JWT', 'aaa.bbb.ccc'],
		['with the characters of Base64', 'a+b/c=d~e_f-g=='],
		['with a comma, a colon and quotation marks', `a,b:"c";'d'`],
		['of four parts', 'a.b.c.d'],
		['of 255 characters', 'x'.repeat(255)],
	])('%s is let in by the lane as by Directus, and no other in its place', async (_, token) => {
		const account = await createAccount(directus, 'odd-token', []);
		await directus.data('PATCH', `/users/${account.id}`, { token });
		const sent = request(token);
		expect(await isQuick(sent)).toBe(true);
		for (const other of [`${token}x`, token.slice(1), token.toUpperCase()]) {
			if (other === token) continue;
			const { status } = await send(lane, { ...sent, token: other });
			expect(status).toBe((await send(normal, { ...sent, token: other })).status);
			expect(status).not.toBe(200);
		}
		await directus.api('DELETE', `/users/${account.id}`);
	});

	it('of a login is let in by the lane up to the second in which it expires', async () => {
		const { data } = (await (await logIn(member, 'json')).json()) as { data: { access_token: string } };
		const token = data.access_token;
		const { exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number };
		const sent = request(token);
		expect(await isQuick(sent)).toBe(true);
		while (Date.now() < exp * 1000 + 500) {
			const before = Date.now();
			const { status } = await send(lane, sent);
			if (status === 200) expect(before).toBeLessThan(exp * 1000);
			else expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
		}
		expect((await send(lane, sent)).status).toBe((await send(normal, sent)).status);
	});

	it('of a session is never let in by the lane, and by nobody after its logout', async () => {
		const response = await logIn(member, 'session');
		const token = /directus_session_token=([^;]+)/.exec(response.headers.getSetCookie().join())![1]!;
		const sent = request(token);
		expect(await isQuick(sent)).toBe(false);
		await fetch(`${normal.url}/auth/logout`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', cookie: `directus_session_token=${token}` },
			body: JSON.stringify({ mode: 'session' }),
		});
		expect((await send(lane, sent)).status).toBe(401);
	});

	it('as x-api-key is let in by the lane, and refused as soon as its user is suspended', async () => {
		const account = await createAccount(directus, 'api-key', []);
		const sent: Sent = {
			path: '/ai-cache/anthropic/v1/messages',
			body: JSON.stringify({
				model: 'claude-haiku-4-5',
				max_tokens: 50,
				messages: [{ role: 'user', content: text() }],
			}),
			headers: { 'x-api-key': account.token },
			token: null,
		};
		expect(await isQuick(sent)).toBe(true);
		await normal.data('PATCH', `/users/${account.id}`, { status: 'suspended' });
		expect((await send(lane, sent)).status).toBe(401);
	});
});

describe('whom Directus let in', () => {
	it('is asked for again once the body is there, however long that took', async () => {
		const account = await createAccount(directus, 'slow-body', []);
		const sent = request(account.token);
		expect(await isQuick(sent)).toBe(true);
		const raw = withBody(
			withHeaders({ target: PATH, headers: [HOST, JSON_TYPE] }, ['Authorization', `Bearer ${account.token}`]),
			sent.body,
		);
		const connection = await RawConnection.open(lane.url);
		connection.write(rawBytes({ ...raw, body: sent.body.slice(0, 10) }));
		// Later requests are answered meanwhile, so that the first is known to be under way.
		expect(await isQuickNow(sent)).toBe(true);
		await normal.data('PATCH', `/users/${account.id}`, { status: 'suspended' });
		connection.write(sent.body.slice(10));
		expect((await connection.answer())?.status).toBe(401);
		connection.close();
	});

	const id = async (path: string, body: object): Promise<string> =>
		(await normal.data<{ id: string }>('POST', path, body)).id;
	it.each<[string, () => Promise<unknown>]>([
		['a user', () => normal.data('PATCH', `/users/${member.id}`, { title: 'Dr' })],
		['a role', () => normal.data('PATCH', `/roles/${member.role}`, { description: 'x' })],
		['a new role', () => id('/roles', { name: 'new' })],
		['a policy', () => normal.data('PATCH', `/policies/${member.policy}`, { ip_access: ['127.0.0.1'] })],
		['who has a policy', () => id('/access', { role: member.role, policy: member.policy })],
		[
			'a permission',
			() => id('/permissions', { policy: member.policy, collection: 'articles', action: 'read', fields: ['*'] }),
		],
		['a setting', () => normal.data('PATCH', '/settings', { project_name: 'Another' })],
	])('is asked for again after a change of %s, through another process', async (_, change) => {
		const sent = request(member.token);
		expect(await isQuick(sent)).toBe(true);
		await change();
		expect(await isQuickNow(sent)).toBe(false);
		expect(await isQuick(sent)).toBe(true);
	});

	it('is not asked for again after a change of content', async () => {
		const sent = request(member.token);
		expect(await isQuick(sent)).toBe(true);
		await normal.data('PATCH', '/items/articles/1', { title: 'Another' });
		expect(await isQuickNow(sent)).toBe(true);
	});

	it('is counted by a rate limiter each time, which the lane stays closed for', async () => {
		const limited = await directus.join({
			RATE_LIMITER_ENABLED: 'true',
			RATE_LIMITER_POINTS: String(POINTS),
			RATE_LIMITER_DURATION: '600',
		});
		const sent = request(member.token);
		const statuses: number[] = [];
		for (let times = 0; times < POINTS + 2; times++) statuses.push((await send(limited, sent)).status);
		// Being asked whether it is up has taken a point or two; from the third on, the lane would answer.
		expect(statuses.slice(0, POINTS - 2)).toEqual(Array.from({ length: POINTS - 2 }, () => 200));
		expect(statuses.slice(POINTS)).toEqual([429, 429]);
	});
});
