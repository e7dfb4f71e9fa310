import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstream, type Upstream } from '../../../src/providers/http/http-client.ts';
import {
	UpstreamAborted,
	UpstreamBroken,
	UpstreamTimeout,
	UpstreamTooLarge,
	UpstreamUnreachable,
} from '../../../src/providers/http/errors.ts';
import type { UpstreamStream } from '../../../src/providers/http/http-request.ts';
import { ProviderServer } from '../support/provider-server.ts';

let server: ProviderServer;
let upstream: Upstream;

beforeEach(async () => {
	server = await new ProviderServer().listen();
	upstream = createUpstream();
});

afterEach(async () => {
	upstream.close();
	await server.close();
});

const body = Buffer.from('{"model":"m",  "odd": spacing}');
const headers = { authorization: 'Bearer sk-very-secret', 'content-type': 'application/json' };
const request = (more: object = {}) => ({ url: server.url, headers, body, timeoutMs: 2_000, ...more });

describe('a call', () => {
	it('sends the body byte for byte and returns status, headers and body as they are', async () => {
		const received: Buffer[] = [];
		let length: string | undefined;
		server.handler = (incoming, response) => {
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
		server.handler = (incoming, response) => {
			ports.add(incoming.socket.remotePort);
			response.end('ok');
		};
		for (let index = 0; index < 5; index++) await upstream.call(request());
		expect(ports.size).toBe(1);
	});

	it('replaces a kept connection that was closed meanwhile, without counting a try', async () => {
		let requestsOnSocket = 0;
		server.handler = (incoming, response) => {
			if (++requestsOnSocket === 2) incoming.socket.destroy();
			else response.end('ok');
		};
		await upstream.call(request());
		expect((await upstream.call(request())).body.toString()).toBe('ok');
		expect(server.attempts).toBe(3);
	});

	it('drops response headers that repeat the key', async () => {
		server.handler = (_incoming, response) =>
			response
				.writeHead(401, {
					'x-request-id': 'r1',
					'x-ratelimit-key': 'Bearer sk-very-secret',
					'openai-organization': ['one', 'of sk-very-secret'],
				})
				.end();
		const whole = await upstream.call(request());
		expect(whole.headers['x-request-id']).toBe('r1');
		const stream = await upstream.open(request({ headers: { 'x-api-key': 'sk-very-secret' } }));
		stream.cancel();
		expect(JSON.stringify([whole.headers, stream.headers])).not.toContain('sk-very-secret');
	});

	it('follows no redirect', async () => {
		server.handler = (_incoming, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
		expect((await upstream.call(request())).status).toBe(302);
	});

	it.each(['gzip', 'br', 'deflate'])('decodes %s sent without having been asked for', async (encoding) => {
		const encode = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync }[encoding]!;
		server.handler = (_incoming, response) =>
			response.writeHead(200, { 'content-encoding': encoding }).end(encode(Buffer.from('text')));
		expect((await upstream.call(request())).body.toString()).toBe('text');
	});

	it('reads no more than it was told to', async () => {
		server.handler = (_incoming, response) => response.end('x'.repeat(5_000));
		await expect(upstream.call(request({ maxBytes: 4_999 }))).rejects.toThrow(UpstreamTooLarge);
		await expect(upstream.call(request({ maxBytes: 5_000 }))).resolves.toMatchObject({ status: 200 });
	});

	it('is cut by the first-byte limit when nothing comes', async () => {
		server.handler = () => undefined;
		const error = await upstream.call(request({ firstByteTimeoutMs: 30 })).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(UpstreamTimeout);
		expect(error).toMatchObject({ phase: 'first_byte', code: 'UPSTREAM_TIMEOUT' });
	});

	it('is cut by the total limit when the provider drips bytes for ever', async () => {
		server.handler = (_incoming, response) => {
			const drip = setInterval(() => response.write('.'), 5);
			response.on('close', () => clearInterval(drip));
		};
		await expect(upstream.call(request({ timeoutMs: 60 }))).rejects.toMatchObject({ phase: 'total' });
	});

	it('is cut by the idle limit when the provider falls silent', async () => {
		server.handler = (_incoming, response) => void response.write('half');
		await expect(upstream.call(request({ idleTimeoutMs: 30 }))).rejects.toMatchObject({ phase: 'idle' });
	});

	it('ends when the caller leaves, before the answer and within it, and the provider sees it', async () => {
		for (const started of [false, true]) {
			const controller = new AbortController();
			const closed = new Promise<void>((resolve) => {
				server.handler = (_incoming, response) => {
					response.on('close', resolve);
					if (started) response.write('half');
					setTimeout(() => controller.abort(), 10);
				};
			});
			await expect(upstream.call(request({ signal: controller.signal, retries: 3 }))).rejects.toThrow(UpstreamAborted);
			await closed;
		}
		expect(server.attempts).toBe(2);
	});

	it('tells a broken answer from an unreachable provider, and names no secret', async () => {
		server.handler = (_incoming, response) => {
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

describe('an opened answer', () => {
	it('gives its head before its body, and bytes as they come', async () => {
		let more: () => void = () => undefined;
		server.handler = (_incoming, response) => {
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
		server.handler = (_incoming, response) => {
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
		await stream.bytes[Symbol.asyncIterator]().next();
		stream.cancel();
		expect(written).toBeLessThan(32 * 1_024 * 1_024);
	});

	it('goes on to its end where the client is closed meanwhile, and then keeps no connection', async () => {
		let end: () => void = () => undefined;
		const closed = new Promise<void>((resolve) => {
			server.handler = (incoming, response) => {
				incoming.socket.once('close', () => resolve());
				response.write('first');
				end = () => response.end('second');
			};
		});
		const leaving = createUpstream();
		const stream = await leaving.open(request());
		let text = '';
		for await (const chunk of stream.bytes) {
			text += Buffer.from(chunk).toString();
			leaving.close();
			end();
		}
		expect(text).toBe('firstsecond');
		await closed;
	});

	it('does not blame the provider for a slow reader', async () => {
		server.handler = (_incoming, response) => {
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
			server.handler = (_incoming, response) => {
				response.on('close', resolve);
				response.write('a');
			};
		});
		const stream = await upstream.open(request());
		for await (const chunk of stream.bytes) if (chunk.length > 0) break;
		await closed;
	});

	it('breaks with a typed error when the provider does', async () => {
		server.handler = (_incoming, response) => {
			response.write('data: half', () => response.destroy());
		};
		const stream = await upstream.open(request());
		await expect(textOf(stream)).rejects.toThrow(UpstreamBroken);
	});

	it('ends within its body when the caller leaves', async () => {
		server.handler = (_incoming, response) => void response.write('a');
		const controller = new AbortController();
		const stream = await upstream.open(request({ signal: controller.signal }));
		const reading = (async () => {
			for await (const chunk of stream.bytes) if (chunk.length > 0) controller.abort();
		})();
		await expect(reading).rejects.toThrow(UpstreamAborted);
	});
});

async function textOf(stream: UpstreamStream): Promise<string> {
	let text = '';
	for await (const chunk of stream.bytes) text += Buffer.from(chunk).toString();
	return text;
}
