import http from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstream, type Upstream } from '../../src/providers/upstream.ts';
import {
	UpstreamAborted,
	UpstreamBroken,
	UpstreamTimeout,
	UpstreamTooLarge,
	UpstreamUnreachable,
} from '../../src/providers/upstream-errors.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, attempt: number) => void;

let server: http.Server;
let url: string;
let attempts: number;
let handler: Handler;
let upstream: Upstream;
let waits: number[];

/** A retry's wait is noted instead of waited. */
const delay = async (milliseconds: number) => {
	waits.push(milliseconds);
};

beforeEach(async () => {
	attempts = 0;
	waits = [];
	server = http.createServer((request, response) => handler(request, response, ++attempts));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/thing`;
	upstream = createUpstream({ random: () => 0.5, delay });
});

afterEach(async () => {
	upstream.close();
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

const body = Buffer.from('{"model":"m",  "odd": spacing}');
const headers = { authorization: 'Bearer sk-very-secret', 'content-type': 'application/json' };
const request = (more: object = {}) => ({ url, headers, body, timeoutMs: 2_000, ...more });

describe('a call', () => {
	it('sends the body byte for byte and returns status, headers and body as they are', async () => {
		const received: Buffer[] = [];
		let length: string | undefined;
		handler = (incoming, response) => {
			length = incoming.headers['content-length'];
			incoming.on('data', (chunk: Buffer) => received.push(chunk));
			incoming.on('end', () => response.writeHead(418, { 'request-id': 'r1' }).end('{"odd":  1}'));
		};
		const answer = await upstream.call(request());
		expect(Buffer.concat(received)).toEqual(body);
		expect(length).toBe(String(body.length));
		expect(answer.status).toBe(418);
		expect(answer.headers['request-id']).toBe('r1');
		expect(answer.body.toString()).toBe('{"odd":  1}');
	});

	it('keeps its connection for the next call', async () => {
		const ports = new Set<number | undefined>();
		handler = (incoming, response) => {
			ports.add(incoming.socket.remotePort);
			response.end('ok');
		};
		for (let index = 0; index < 5; index++) await upstream.call(request());
		expect(ports.size).toBe(1);
	});

	it('replaces a kept connection that was closed meanwhile, without counting a try', async () => {
		let requestsOnSocket = 0;
		handler = (incoming, response) => {
			if (++requestsOnSocket === 2) incoming.socket.destroy();
			else response.end('ok');
		};
		await upstream.call(request());
		expect((await upstream.call(request())).body.toString()).toBe('ok');
		expect(waits).toEqual([]);
	});

	it('follows no redirect', async () => {
		handler = (_incoming, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
		expect((await upstream.call(request())).status).toBe(302);
	});

	it.each(['gzip', 'br', 'deflate'])('decodes %s sent without having been asked for', async (encoding) => {
		const encode = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync }[encoding]!;
		handler = (_incoming, response) =>
			response.writeHead(200, { 'content-encoding': encoding }).end(encode(Buffer.from('text')));
		expect((await upstream.call(request())).body.toString()).toBe('text');
	});

	it('reads no more than it was told to', async () => {
		handler = (_incoming, response) => response.end('x'.repeat(5_000));
		await expect(upstream.call(request({ maxBytes: 4_999 }))).rejects.toThrow(UpstreamTooLarge);
		await expect(upstream.call(request({ maxBytes: 5_000 }))).resolves.toMatchObject({ status: 200 });
	});

	it('is cut by the first-byte limit when nothing comes', async () => {
		handler = () => undefined;
		const error = await upstream.call(request({ firstByteTimeoutMs: 30 })).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(UpstreamTimeout);
		expect(error).toMatchObject({ phase: 'first_byte', code: 'UPSTREAM_TIMEOUT' });
	});

	it('is cut by the total limit when the provider drips bytes for ever', async () => {
		handler = (_incoming, response) => {
			const drip = setInterval(() => response.write('.'), 5);
			response.on('close', () => clearInterval(drip));
		};
		await expect(upstream.call(request({ timeoutMs: 60 }))).rejects.toMatchObject({ phase: 'total' });
	});

	it('is cut by the idle limit when the provider falls silent', async () => {
		handler = (_incoming, response) => void response.write('half');
		await expect(upstream.call(request({ idleTimeoutMs: 30 }))).rejects.toMatchObject({ phase: 'idle' });
	});

	it('ends when the caller leaves, before the answer and within it, and the provider sees it', async () => {
		for (const started of [false, true]) {
			const controller = new AbortController();
			const closed = new Promise<void>((resolve) => {
				handler = (_incoming, response) => {
					response.on('close', resolve);
					if (started) response.write('half');
					setTimeout(() => controller.abort(), 10);
				};
			});
			await expect(upstream.call(request({ signal: controller.signal, retries: 3 }))).rejects.toThrow(UpstreamAborted);
			await closed;
		}
		expect(attempts).toBe(2);
	});

	it('tells a broken answer from an unreachable provider, and names no secret', async () => {
		handler = (_incoming, response) => {
			response.writeHead(200, { 'content-length': '100' });
			response.write('half', () => response.destroy());
		};
		const broken: unknown = await upstream.call(request()).catch((thrown: unknown) => thrown);
		expect(broken).toBeInstanceOf(UpstreamBroken);
		const away: unknown = await upstream
			.call(request({ url: 'http://127.0.0.1:1/?key=sk-very-secret' }))
			.catch((thrown: unknown) => thrown);
		expect(away).toBeInstanceOf(UpstreamUnreachable);
		expect(String(away)).toContain('ECONNREFUSED');
		expect(`${String(broken)}${String(away)}`).not.toContain('sk-very-secret');
	});
});

describe('retries', () => {
	it.each([408, 409, 429, 500, 502, 503, 529])('follow a %d', async (status) => {
		handler = (_incoming, response, attempt) => response.writeHead(attempt === 1 ? status : 200).end('done');
		expect((await upstream.call(request({ retries: 1 }))).status).toBe(200);
		expect(attempts).toBe(2);
	});

	it.each([400, 401, 403, 404, 413, 422])('do not follow a %d', async (status) => {
		handler = (_incoming, response) => response.writeHead(status).end();
		expect((await upstream.call(request({ retries: 3 }))).status).toBe(status);
		expect(attempts).toBe(1);
	});

	it('end with the last answer when all were used', async () => {
		handler = (_incoming, response, attempt) => response.writeHead(503).end(`try ${attempt}`);
		const answer = await upstream.call(request({ retries: 2 }));
		expect(answer.status).toBe(503);
		expect(answer.body.toString()).toBe('try 3');
		expect(waits).toEqual([250, 500]);
	});

	it('follow a broken connection', async () => {
		handler = (incoming, response, attempt) => {
			if (attempt === 1) incoming.socket.destroy();
			else response.end('done');
		};
		expect((await upstream.call(request({ retries: 1 }))).status).toBe(200);
	});

	it.each([
		['retry-after in seconds', { 'retry-after': '2' }, 2_000],
		['retry-after-ms, which wins', { 'retry-after-ms': '120', 'retry-after': '9' }, 120],
	])('wait as long as the provider asks: %s', async (_name, asked, wait) => {
		handler = (_incoming, response, attempt) =>
			attempt === 1 ? response.writeHead(429, asked).end() : response.end('done');
		await upstream.call(request({ retries: 1, timeoutMs: 20_000 }));
		expect(waits).toEqual([wait]);
	});

	it('wait until the date that the provider names', async () => {
		const now = Date.parse('2026-01-01T00:00:00Z');
		const still = createUpstream({ delay, clock: { now: () => now } });
		handler = (_incoming, response, attempt) =>
			attempt === 1
				? response.writeHead(503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:04 GMT' }).end()
				: response.end('done');
		await still.call(request({ retries: 1, timeoutMs: 20_000 }));
		expect(waits).toEqual([4_000]);
		still.close();
	});

	it('are not made when the wait goes past the limit: the answer is passed on instead', async () => {
		handler = (_incoming, response) => response.writeHead(429, { 'retry-after': '3600' }).end();
		expect((await upstream.call(request({ retries: 5 }))).status).toBe(429);
		expect(attempts).toBe(1);
	});

	it('obey the provider’s own word', async () => {
		handler = (_incoming, response) => response.writeHead(500, { 'x-should-retry': 'false' }).end();
		await upstream.call(request({ retries: 5 }));
		expect(attempts).toBe(1);
	});
});

describe('an opened answer', () => {
	it('gives its head before its body, and bytes as they come', async () => {
		let more: () => void = () => undefined;
		handler = (_incoming, response) => {
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.write('first');
			more = () => response.end('second');
		};
		const stream = await upstream.open(request());
		expect(stream.headers['content-type']).toBe('text/event-stream');
		const seen: string[] = [];
		for await (const chunk of stream.bytes) {
			seen.push(Buffer.from(chunk).toString());
			more();
		}
		expect(seen).toEqual(['first', 'second']);
	});

	it('reads no further than its reader', async () => {
		let written = 0;
		handler = (_incoming, response) => {
			const chunk = Buffer.alloc(64 * 1_024);
			const pump = () => {
				while (written < 64 * 1_024 * 1_024 && !response.destroyed) {
					written += chunk.length;
					if (!response.write(chunk)) return response.once('drain', pump);
				}
				return response.end();
			};
			pump();
		};
		const stream = await upstream.open(request());
		for await (const _chunk of stream.bytes) break;
		expect(written).toBeLessThan(32 * 1_024 * 1_024);
	});

	it('does not blame the provider for a slow reader', async () => {
		handler = (_incoming, response) => {
			response.write('a');
			response.end('b');
		};
		const stream = await upstream.open(request({ idleTimeoutMs: 20 }));
		let text = '';
		for await (const chunk of stream.bytes) {
			text += Buffer.from(chunk).toString();
			await new Promise((resolve) => setTimeout(resolve, 40));
		}
		expect(text).toBe('ab');
	});

	it('closes the connection when its reader leaves', async () => {
		const closed = new Promise<void>((resolve) => {
			handler = (_incoming, response) => {
				response.on('close', resolve);
				response.write('a');
			};
		});
		const stream = await upstream.open(request());
		for await (const _chunk of stream.bytes) break;
		await closed;
	});

	it('breaks with a typed error when the provider does', async () => {
		handler = (_incoming, response) => {
			response.write('data: half', () => response.destroy());
		};
		const stream = await upstream.open(request());
		await expect(Array.fromAsync(stream.bytes)).rejects.toThrow(UpstreamBroken);
	});

	it('ends within its body when the caller leaves', async () => {
		handler = (_incoming, response) => void response.write('a');
		const controller = new AbortController();
		const stream = await upstream.open(request({ signal: controller.signal }));
		const reading = (async () => {
			for await (const _chunk of stream.bytes) controller.abort();
		})();
		await expect(reading).rejects.toThrow(UpstreamAborted);
	});
});
