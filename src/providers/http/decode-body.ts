import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { UpstreamUndecodable } from './errors.ts';

type Bytes = AsyncIterable<Uint8Array>;
type Decoder = (input: ByteReader) => AsyncGenerator<Uint8Array>;

/** Parses a `Content-Encoding` header. Returns the codings in the order in which they must be undone. */
export function parseCodings(header: string | readonly string[] | undefined): string[] {
	const names = String(header ?? '').split(',');
	const codings = names.map((name) => name.trim().toLowerCase());
	return codings.filter((name) => name !== '' && name !== 'identity').reverse();
}

/** Limits an attack: each coding multiplies the size that a body can grow to. */
const MAX_CODINGS = 5;

/** Returns the first coding that cannot be decoded, or null. */
export function findUnknownCoding(codings: readonly string[]): string | null {
	return codings.find((coding, index) => !(coding in DECODERS) || index >= MAX_CODINGS) ?? null;
}

/**
 * Removes the codings of a body. Every coding must be known.
 * It is as lenient as browsers: the final checksum may be cut off, `deflate` may lack its header, and an empty body is
 * valid in every coding.
 * Throws `UpstreamUndecodable` if the bytes are damaged, and an error with the code `Z_BUF_ERROR` if they end too
 * early.
 */
export function decodeBody(body: Bytes, codings: readonly string[]): Bytes {
	return codings.reduce((input, coding) => decode(input, coding), body);
}

async function* decode(bytes: Bytes, coding: string): AsyncGenerator<Uint8Array> {
	const input = new ByteReader(bytes);
	if ((await input.peek(1)).length === 0) return;
	try {
		yield* DECODERS[coding]!(input);
	} catch (error) {
		throw isDamage(error) ? new UpstreamUndecodable(coding, false) : error;
	}
}

/** True for zlib errors except an early end. Connection errors have other codes. */
function isDamage(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	return code !== 'Z_BUF_ERROR' && /^(?:Z_|ZSTD_|ERR__)/.test(code);
}

const damage = (message: string): Error => Object.assign(new Error(message), { code: 'Z_DATA_ERROR' });

const DECODERS: Readonly<Record<string, Decoder>> = {
	__proto__: null as never,
	gzip: gunzip,
	'x-gzip': gunzip,
	deflate: inflate,
	br: (input) => run(zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }), input),
	// Available since Node 22.15.
	...('createZstdDecompress' in zlib && { zstd: (input: ByteReader) => run(zlib.createZstdDecompress(), input) }),
};

/** Decodes one or several gzip members (RFC 1952) and ignores any bytes after them. */
async function* gunzip(input: ByteReader): AsyncGenerator<Uint8Array> {
	do {
		await skipGzipHeader(input);
		let crc = 0;
		let size = 0;
		for await (const chunk of inflateRaw(input)) {
			crc = zlib.crc32(chunk, crc);
			size += chunk.length;
			yield chunk;
		}
		const trailer = Buffer.alloc(8);
		trailer.writeUInt32LE(crc, 0);
		trailer.writeUInt32LE(size % 2 ** 32, 4);
		await checkTrailer(input, trailer);
	} while ((await input.peek(2)).subarray(0, 2).equals(GZIP_MAGIC));
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const FLAG = { checksum: 2, extra: 4, name: 8, comment: 16 };

async function skipGzipHeader(input: ByteReader): Promise<void> {
	const header = await input.take(10);
	if (!GZIP_MAGIC.equals(header.subarray(0, 2))) throw damage('no gzip header');
	const flags = header[3] ?? 0;
	if (flags & FLAG.extra) {
		const [low = 0, high = 0] = await input.take(2);
		await input.take(low + 256 * high);
	}
	if (flags & FLAG.name) while ((await input.take(1))[0]);
	if (flags & FLAG.comment) while ((await input.take(1))[0]);
	if (flags & FLAG.checksum) await input.take(2);
}

/** Decodes `deflate` in the zlib format (RFC 1950), as RFC 9110 requires, and the raw form that some servers send. */
async function* inflate(input: ByteReader): AsyncGenerator<Uint8Array> {
	const [first = 0, second = 0] = await input.peek(2);
	const isZlib = (first & 0x0f) === 8 && (256 * first + second) % 31 === 0;
	if (!isZlib) {
		yield* inflateRaw(input);
		return;
	}
	await input.take(2);
	let low = 1;
	let high = 0;
	for await (const chunk of inflateRaw(input)) {
		for (const byte of chunk) {
			low = (low + byte) % 65_521;
			high = (high + low) % 65_521;
		}
		yield chunk;
	}
	const trailer = Buffer.alloc(4);
	trailer.writeUInt32BE(high * 65_536 + low);
	await checkTrailer(input, trailer);
}

/** Throws if the trailer is wrong. A trailer that is cut off only has to match as far as it goes. */
async function checkTrailer(input: ByteReader, expected: Buffer): Promise<void> {
	const trailer = await input.take(expected.length);
	if (!trailer.equals(expected.subarray(0, trailer.length))) throw damage('wrong checksum');
}

const inflateRaw = (input: ByteReader) => run(zlib.createInflateRaw({ flush: zlib.constants.Z_SYNC_FLUSH }), input);

type ZlibStream = Transform & { readonly bytesWritten: number };

/** Decodes up to the format's own end and leaves the remaining bytes in the input. */
async function* run(decoder: ZlibStream, input: ByteReader): AsyncGenerator<Uint8Array> {
	const feeding = feed(decoder, input).catch((error: unknown) => void decoder.destroy(error as Error));
	try {
		for await (const chunk of decoder as AsyncIterable<Uint8Array>) yield chunk;
		await feeding;
	} finally {
		decoder.destroy();
	}
}

async function feed(decoder: ZlibStream, input: ByteReader): Promise<void> {
	let fed = 0;
	for (let chunk = await input.next(); chunk !== null; chunk = await input.next()) {
		const size = chunk.length;
		fed += size;
		await new Promise((resolve) => decoder.write(chunk, resolve));
		const left = fed - decoder.bytesWritten;
		if (left > 0) {
			input.unread(chunk.subarray(size - left));
			return;
		}
	}
	decoder.end();
}

/** Reads a byte stream in counted portions or chunk by chunk. */
class ByteReader {
	readonly #chunks: AsyncIterator<Uint8Array, undefined>;
	#held: Buffer = Buffer.alloc(0);

	constructor(bytes: Bytes) {
		this.#chunks = bytes[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
	}

	/** Returns the next bytes, at least one, or null at the end. */
	async next(): Promise<Buffer | null> {
		const held = await this.peek(1);
		this.#held = Buffer.alloc(0);
		return held.length > 0 ? held : null;
	}

	unread(bytes: Buffer): void {
		this.#held = Buffer.concat([bytes, this.#held]);
	}

	/** Removes and returns `count` bytes, or fewer at the end of the stream. */
	async take(count: number): Promise<Buffer> {
		const held = await this.peek(count);
		this.#held = held.subarray(count);
		return held.subarray(0, count);
	}

	/** Buffers until `count` bytes are there or the stream ends. Returns the whole buffer without removing it. */
	async peek(count: number): Promise<Buffer> {
		while (this.#held.length < count) {
			const { done, value } = await this.#chunks.next();
			if (done) break;
			this.#held = Buffer.concat([this.#held, value]);
		}
		return this.#held;
	}
}
