import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstream, readWhole, type Upstream } from '../../src/providers/http/http-client.ts';
import { ProviderServer } from './support/provider-server.ts';

let server: ProviderServer;
let upstream: Upstream;
let waits: number[];

/** A retry's wait is noted instead of waited. */
const delay = async (milliseconds: number) => {
	waits.push(milliseconds);
};

beforeEach(async () => {
	waits = [];
	server = await new ProviderServer().listen();
	upstream = createUpstream({ random: () => 0.5, delay });
});

afterEach(async () => {
	upstream.close();
	await server.close();
});

const request = (more: object = {}) => ({
	url: server.url,
	headers: { authorization: 'Bearer key' },
	body: Buffer.from('{}'),
	timeoutMs: 2_000,
	...more,
});

describe('retries', () => {
	it.each([408, 409, 429, 500, 502, 503, 529])('follow a %d', async (status) => {
		server.handler = (_incoming, response, attempt) => response.writeHead(attempt === 1 ? status : 200).end('done');
		expect((await upstream.call(request({ retries: 1 }))).status).toBe(200);
		expect(server.attempts).toBe(2);
	});

	it.each([400, 401, 403, 404, 413, 422])('do not follow a %d', async (status) => {
		server.handler = (_incoming, response) => response.writeHead(status).end();
		expect((await upstream.call(request({ retries: 3 }))).status).toBe(status);
		expect(server.attempts).toBe(1);
	});

	it('are counted if a kept connection breaks while the provider works on the request', async () => {
		let now = 0;
		const patient = createUpstream({ clock: { now: () => now } });
		let requests = 0;
		server.handler = (incoming, response) => {
			if (++requests === 1) {
				response.end('ok');
				return;
			}
			now = 30_000;
			incoming.socket.destroy();
		};
		await patient.call(request({ timeoutMs: 60_000 }));
		await expect(patient.call(request({ timeoutMs: 60_000 }))).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
		expect(server.attempts).toBe(2);
		patient.close();
	});

	it('end with the last answer when all were used', async () => {
		server.handler = (_incoming, response, attempt) => response.writeHead(503).end(`try ${attempt}`);
		const answer = await upstream.call(request({ retries: 2 }));
		expect(answer.status).toBe(503);
		expect(answer.body.toString()).toBe('try 3');
		expect(waits).toEqual([250, 500]);
	});

	it('go on until the beginning of the body was read', async () => {
		server.handler = (_incoming, response, attempt) => {
			response.writeHead(200).flushHeaders();
			if (attempt === 1) setImmediate(() => response.destroy());
			else response.end(attempt === 2 ? 'busy' : 'done');
		};
		const answer = await upstream.receive(request({ retries: 2 }), async (stream) => {
			const { headers, body } = await readWhole(stream);
			return { status: body.toString() === 'busy' ? 529 : 200, headers, body };
		});
		expect(answer.body.toString()).toBe('done');
		expect(server.attempts).toBe(3);
	});

	it('follow a broken connection', async () => {
		server.handler = (incoming, response, attempt) => {
			if (attempt === 1) incoming.socket.destroy();
			else response.end('done');
		};
		expect((await upstream.call(request({ retries: 1 }))).status).toBe(200);
	});

	it.each([
		['retry-after in seconds', { 'retry-after': '2' }, 2_000],
		['retry-after-ms, which wins', { 'retry-after-ms': '120', 'retry-after': '9' }, 120],
	])('wait as long as the provider asks: %s', async (_name, asked, wait) => {
		server.handler = (_incoming, response, attempt) =>
			attempt === 1 ? response.writeHead(429, asked).end() : response.end('done');
		await upstream.call(request({ retries: 1, timeoutMs: 20_000 }));
		expect(waits).toEqual([wait]);
	});

	it('wait until the date that the provider names', async () => {
		const now = Date.parse('2026-01-01T00:00:00Z');
		const still = createUpstream({ delay, clock: { now: () => now } });
		server.handler = (_incoming, response, attempt) =>
			attempt === 1
				? response.writeHead(503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:04 GMT' }).end()
				: response.end('done');
		await still.call(request({ retries: 1, timeoutMs: 20_000 }));
		expect(waits).toEqual([4_000]);
		still.close();
	});

	it('are not made when the wait goes past the limit: the answer is passed on instead', async () => {
		server.handler = (_incoming, response) => response.writeHead(429, { 'retry-after': '3600' }).end();
		expect((await upstream.call(request({ retries: 5 }))).status).toBe(429);
		expect(server.attempts).toBe(1);
	});

	it('obey the provider’s own word', async () => {
		server.handler = (_incoming, response) => response.writeHead(500, { 'x-should-retry': 'false' }).end();
		await upstream.call(request({ retries: 5 }));
		expect(server.attempts).toBe(1);
	});
});
