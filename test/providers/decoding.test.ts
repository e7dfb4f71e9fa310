import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstream, type Upstream } from '../../src/providers/http/http-client.ts';
import { UpstreamBroken, UpstreamUndecodable } from '../../src/providers/http/errors.ts';
import { ProviderServer } from './support/provider-server.ts';

let server: ProviderServer;
let upstream: Upstream;

beforeEach(async () => {
	server = await new ProviderServer().listen();
	upstream = createUpstream({ delay: async () => undefined });
});

afterEach(async () => {
	upstream.close();
	await server.close();
});

const text = JSON.stringify({ text: 'Blue whales sing. '.repeat(500), noise: Math.PI });
const plain = Buffer.from(text);
const gzip = zlib.gzipSync(plain);
const deflate = zlib.deflateSync(plain);

const named = (() => {
	const header = Buffer.from([0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3]);
	const fields = Buffer.concat([Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0comment\0'), Buffer.from([9, 9])]);
	return Buffer.concat([header, fields, gzip.subarray(10)]);
})();

const changed = (bytes: Buffer, fromEnd: number) => {
	const copy = Buffer.from(bytes);
	copy[copy.length - fromEnd]! ^= 0xff;
	return copy;
};

const readable: [string, string, Buffer][] = [
	['gzip', 'gzip', gzip],
	['x-gzip in capitals', 'X-GZIP', gzip],
	['gzip without its trailer', 'gzip', gzip.subarray(0, -8)],
	['gzip with half of its trailer', 'gzip', gzip.subarray(0, -4)],
	['gzip without the last byte', 'gzip', gzip.subarray(0, -1)],
	['gzip with every optional field', 'gzip', named],
	[
		'gzip in two members',
		'gzip',
		Buffer.concat([zlib.gzipSync(plain.subarray(0, 99)), zlib.gzipSync(plain.subarray(99))]),
	],
	['gzip followed by padding', 'gzip', Buffer.concat([gzip, Buffer.alloc(20)])],
	['deflate', 'deflate', deflate],
	['raw deflate', 'deflate', zlib.deflateRawSync(plain)],
	['raw deflate without compression', 'deflate', zlib.deflateRawSync(plain, { level: 0 })],
	['deflate without its checksum', 'deflate', deflate.subarray(0, -4)],
	['br', 'br', zlib.brotliCompressSync(plain)],
	['two codings', 'deflate, gzip', zlib.gzipSync(deflate)],
	['identity', 'identity', plain],
	...('zstdCompressSync' in zlib ? [['zstd', 'zstd', zlib.zstdCompressSync(plain)] as [string, string, Buffer]] : []),
];

const request = () => ({ url: server.url, headers: {}, body: Buffer.from('{}'), timeoutMs: 5_000, retries: 2 });

/** In one piece, or byte by byte at both ends, where headers and trailers are. */
function answerWith(coding: string, bytes: Buffer, status = 200, inPieces = false): void {
	server.handler = (_incoming, response) => {
		response.writeHead(status, { 'content-encoding': coding, 'retry-after': '3600' });
		if (!inPieces) return void response.end(bytes);
		const pieces = [
			...Array.from(bytes.subarray(0, 40), (byte) => Buffer.from([byte])),
			bytes.subarray(40, -12),
			...Array.from(bytes.subarray(-12), (byte) => Buffer.from([byte])),
		];
		const writeNext = (): void => {
			const piece = pieces.shift();
			if (piece) response.write(piece, writeNext);
			else response.end();
		};
		writeNext();
	};
}

async function readStream(): Promise<string> {
	const { bytes } = await upstream.open(request());
	const chunks: Uint8Array[] = [];
	for await (const chunk of bytes) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

describe('a compressed answer', () => {
	it.each(readable)('is read at the first call: %s', async (_name, coding, bytes) => {
		answerWith(coding, bytes);
		expect((await upstream.call(request())).body.toString()).toBe(text);
		expect(server.attempts).toBe(1);
	});

	it.each(readable)('is read as a stream in small pieces: %s', async (_name, coding, bytes) => {
		answerWith(coding, bytes, 200, true);
		expect(await readStream()).toBe(text);
		expect(server.attempts).toBe(1);
	});

	it.each(readable)('is read as an error: %s', async (_name, coding, bytes) => {
		answerWith(coding, bytes, 429);
		const answer = await upstream.call(request());
		expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '3600' } });
		expect(answer.body.toString()).toBe(text);
	});

	it.each(['gzip', 'deflate', 'br', 'zstd', 'identity', 'compress'])(
		'may be empty, whole or as a stream, under any status: %s',
		async (coding) => {
			for (const status of [200, 429]) {
				answerWith(coding, Buffer.alloc(0), status);
				const answer = await upstream.call(request());
				expect(answer).toMatchObject({ status, headers: { 'retry-after': '3600' } });
				expect(answer.body).toHaveLength(0);
				expect(await readStream()).toBe('');
			}
		},
	);

	it('gives the bytes of a stream as they come', async () => {
		const encoder = zlib.createGzip();
		let more: () => void = () => undefined;
		server.handler = (_incoming, response) => {
			response.writeHead(200, { 'content-encoding': 'gzip' });
			encoder.pipe(response);
			encoder.write('first');
			encoder.flush();
			more = () => encoder.end('second');
		};
		const { bytes } = await upstream.open(request());
		const seen: string[] = [];
		for await (const chunk of bytes) {
			seen.push(Buffer.from(chunk).toString());
			more();
		}
		expect(seen).toEqual(['first', 'second']);
	});
});

describe('an answer that cannot be decoded', () => {
	it.each([
		['an unknown coding', 'compress', plain, 'unknown content coding "compress"'],
		['an unknown one among known ones', 'gzip, x-own', gzip, 'unknown content coding "x-own"'],
		['more codings than anybody needs', 'br, br, br, br, br, br', plain, 'unknown content coding "br"'],
		['the name of a property', 'constructor', plain, 'unknown content coding "constructor"'],
	])('is named and asked for once: %s', async (_name, coding, bytes, message) => {
		for (const status of [200, 429]) {
			server.attempts = 0;
			answerWith(coding, bytes, status);
			for (const asked of [() => upstream.call(request()), () => upstream.open(request())]) {
				const error = await asked().catch((thrown: unknown) => thrown);
				expect(error).toBeInstanceOf(UpstreamUndecodable);
				expect(String(error)).toContain(message);
			}
			expect(server.attempts).toBe(2);
		}
	});

	const damaged: [string, string, Buffer][] = [
		['a wrong checksum', 'gzip', changed(gzip, 8)],
		['a wrong length', 'gzip', changed(gzip, 1)],
		['a wrong half of a checksum', 'gzip', changed(gzip, 8).subarray(0, -6)],
		['a wrong checksum of deflate', 'deflate', changed(deflate, 1)],
		['no gzip at all', 'gzip', plain],
		['no brotli at all', 'br', plain],
		['damaged data', 'gzip', changed(gzip, gzip.length - 14)],
		...('createZstdDecompress' in zlib ? [['no zstd at all', 'zstd', plain] as [string, string, Buffer]] : []),
	];

	it.each(damaged)('is damaged, and asked for once: %s', async (_name, coding, bytes) => {
		answerWith(coding, bytes);
		await expect(upstream.call(request())).rejects.toThrow(UpstreamUndecodable);
		expect(server.attempts).toBe(1);
		await expect(readStream()).rejects.toThrow(UpstreamUndecodable);
	});

	it.each([
		['gzip in its middle', 'gzip', gzip.subarray(0, gzip.length / 2)],
		['gzip by the last byte of its data', 'gzip', gzip.subarray(0, -9)],
		['gzip in its header', 'gzip', gzip.subarray(0, 5)],
		['deflate', 'deflate', deflate.subarray(0, -6)],
		['raw deflate', 'deflate', zlib.deflateRawSync(plain).subarray(0, -1)],
		['br', 'br', zlib.brotliCompressSync(plain).subarray(0, -1)],
	])('is cut, which another try may mend: %s', async (_name, coding, bytes) => {
		answerWith(coding, bytes);
		await expect(upstream.call({ ...request(), retries: 1 })).rejects.toThrow(UpstreamBroken);
		expect(server.attempts).toBe(2);
		await expect(readStream()).rejects.toThrow(UpstreamBroken);
	});
});
