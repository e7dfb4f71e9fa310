import { once } from 'node:events';
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	request as ask,
	type Server,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { CALLERS_TAG } from '../../src/cache/tags/tags.ts';
import { callerOf } from '../../src/services/access/caller.ts';
import { Lane, type LaneRequest, type LaneSettings } from '../../src/host/fast-path/fast-path.ts';
import { laneSettings } from '../../src/host/fast-path/options.ts';
import { rememberableUntil } from '../../src/host/fast-path/bearer-token.ts';
import { readSettings } from '../../src/services/config/settings.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { lookupOf, putItem, startEngine, TTL } from '../cache/support/engine.ts';

const MEMO_MS = 10_000;
const SETTINGS: LaneSettings = {
	authMemoMs: MEMO_MS,
	settleMs: 0,
	knownBytes: 2 ** 20,
	closed: false,
	addressHeaders: [],
};
const CALLER = callerOf({ user: 'ann', role: 'editor', roles: ['editor'], admin: false, app: false, ip: null });

interface Started {
	clock: ReturnType<typeof startEngine>['clock'];
	lane: Lane;
	store: ReturnType<typeof startEngine>['store'];
	/** Which way answered. */
	send(headers?: OutgoingHttpHeaders, body?: string): Promise<'lane' | 'normal'>;
	lastHeaders(): Record<string, unknown>;
}

let server: Server | undefined;
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
});

/** A server whose normal way lets everybody in. `before`: what its middlewares set. */
async function start(
	settings: Partial<LaneSettings> = {},
	before: (response: ServerResponse) => void = () => {},
): Promise<Started> {
	const { cache, clock, models, store } = startEngine();
	await models.reload();
	await cache.put([putItem('a', 'one')]);
	const lane = new Lane(cache, clock, { ...SETTINGS, ...settings }, models);
	const normal = async (request: LaneRequest, response: ServerResponse): Promise<void> => {
		before(response);
		request.rawBody = await buffer(request);
		lane.remember(request, response, CALLER, [lookupOf('a')], (_hits, _from, to) => void to.end('lane'));
		response.end('normal');
	};
	server = createServer((request, response) => lane.answer(request, response, () => void normal(request, response)));
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const { port } = server.address() as AddressInfo;
	let last: Record<string, unknown> = {};
	return {
		clock,
		lane,
		store,
		lastHeaders: () => last,
		send: async (headers = {}, body = '{}') => {
			const sent = ask({
				port,
				host: '127.0.0.1',
				method: 'POST',
				path: '/ai-cache/generate',
				headers: {
					authorization: 'Bearer token',
					'content-type': 'application/json',
					'content-length': Buffer.byteLength(body),
					...headers,
				},
			}).end(body);
			const [response] = (await once(sent, 'response')) as [IncomingMessage];
			last = response.headers;
			return (await text(response)) as 'lane' | 'normal';
		},
	};
}

const jwt = (payload: object): string =>
	['{}', JSON.stringify(payload), 'signed'].map((part) => Buffer.from(part).toString('base64url')).join('.');

describe('a caller', () => {
	it('is remembered for as long as the settings say, and not a moment longer', async () => {
		const { send, clock } = await start();
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
		clock.advance(MEMO_MS - 1);
		expect(await send()).toBe('lane');
		clock.advance(1);
		expect(await send()).toBe('normal');
	});

	it('of a JWT is remembered until it expires', async () => {
		const { send, clock } = await start();
		const authorization = `Bearer ${jwt({ id: 'ann', exp: clock.now() / 1000 + 5 })}`;
		expect([await send({ authorization }), await send({ authorization })]).toEqual(['normal', 'lane']);
		clock.advance(4999);
		expect(await send({ authorization })).toBe('lane');
		clock.advance(1);
		expect([await send({ authorization }), await send({ authorization })]).toEqual(['normal', 'normal']);
	});

	it('is forgotten at a change, also one that came while Directus let them in', async () => {
		const { send, lane } = await start({}, () => lane.forgetCallers());
		expect([await send(), await send(), await send()]).toEqual(['normal', 'normal', 'normal']);
	});

	it('is remembered only with a version of who may do what that is known for a while', async () => {
		const { send, clock, store } = await start({ settleMs: 1000 });
		expect([await send(), await send()]).toEqual(['normal', 'normal']);
		clock.advance(1000);
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
		await store.invalidate([CALLERS_TAG]);
		expect([await send(), await send()]).toEqual(['normal', 'normal']);
		clock.advance(1000);
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
	});

	it('has to be asked for no longer because one read failed', async () => {
		const { send, clock, store } = await start({ settleMs: 1000 });
		expect([await send(), await send()]).toEqual(['normal', 'normal']);
		clock.advance(1000);
		vi.spyOn(store, 'versions').mockRejectedValueOnce(new StoreUnavailableError('it was slow'));
		expect(await send()).toBe('normal');
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
	});

	it('is one token at one address, by all that Directus may take the address from', async () => {
		const { send } = await start({ addressHeaders: ['x-real-ip'] });
		const forwarded = { 'x-forwarded-for': '203.0.113.1' };
		expect([await send(forwarded), await send(forwarded)]).toEqual(['normal', 'lane']);
		for (const other of [
			{},
			{ 'x-forwarded-for': '203.0.113.2' },
			{ ...forwarded, 'x-real-ip': '203.0.113.1' },
			{ ...forwarded, authorization: 'Bearer another' },
			{ ...forwarded, authorization: 'Bearer TOKEN' },
		])
			expect(await send(other)).toBe('normal');
	});

	it('gets the headers that middlewares set, several of a name as well', async () => {
		const { send, lastHeaders } = await start({}, (response) =>
			response.setHeader('X-One', 1).setHeader('Link', ['<a>', '<b>']),
		);
		await send();
		expect(await send()).toBe('lane');
		expect(lastHeaders()).toMatchObject({ 'x-one': '1', link: '<a>, <b>' });
	});

	it('who is sent a cookie is not remembered', async () => {
		const { send } = await start({}, (response) => response.setHeader('Set-Cookie', 'id=1'));
		expect([await send(), await send()]).toEqual(['normal', 'normal']);
	});
});

describe('a known request', () => {
	it('is one no longer where its answer is gone', async () => {
		const { send, clock } = await start({ authMemoMs: 1e9 });
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
		clock.advanceSeconds(TTL);
		expect(await send()).toBe('normal');
	});

	it('takes its place with all of its headers: many with long ones drive out the first', async () => {
		const { send } = await start({ knownBytes: 500_000 });
		const withHeader = (index: number) => ({ 'cache-control': `max-age=60, x=${'x'.repeat(10_000)}${index}` });
		expect([await send(), await send()]).toEqual(['normal', 'lane']);
		for (let index = 0; index < 50; index++) expect(await send(withHeader(index))).toBe('normal');
		expect(await send(withHeader(49))).toBe('lane');
		expect(await send()).toBe('normal');
	});
});

describe('a token', () => {
	it.each([
		['a static one', 'token', Infinity],
		['a static one in three parts', 'a.b.c', Infinity],
		['a temporary one', jwt({ id: 'ann', exp: 1_800_000_000 }), 1_800_000_000_000],
		['one that never expires', jwt({ id: 'ann' }), null],
		['that of a session', jwt({ id: 'ann', session: 's', exp: 1_800_000_000 }), null],
		['that of a share', jwt({ share: 's', exp: 1_800_000_000 }), null],
		['that of an OAuth client', jwt({ id: 'ann', aud: 'x', exp: 1_800_000_000 }), null],
	])('%s may be remembered until its end', (_, token, until) => {
		expect(rememberableUntil(token)).toBe(until);
	});
});

describe('the settings of the lane', () => {
	const of = (env: Record<string, unknown>) => laneSettings(readSettings({}), env);

	it.each(['RATE_LIMITER_ENABLED', 'RATE_LIMITER_GLOBAL_ENABLED'])('close it where %s is on', (name) => {
		expect([true, 'true', false, 'false', undefined].map((value) => of({ [name]: value }).closed)).toEqual([
			true,
			true,
			false,
			false,
			false,
		]);
	});

	it('name the headers that Directus reads the address from, a referrer in both spellings', () => {
		expect(of({}).addressHeaders).toEqual([]);
		expect(of({ IP_CUSTOM_HEADER: 'X-Real-IP' }).addressHeaders).toEqual(['x-real-ip']);
		expect(of({ IP_CUSTOM_HEADER: 'Referer' }).addressHeaders).toEqual(['referrer', 'referer']);
	});
});
