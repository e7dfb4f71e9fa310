import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { CODECS, type Codec, type Entry, type EntryMeta, type Section } from './entry.ts';
import { UndecodableEntryError } from './errors.ts';
import { fflate } from './fflate.cjs';

/**
 * Stored layout, integers big-endian:
 * `AIC1` · u32 length of meta · meta (JSON) · twice (body, request): u8 codec · u32 decoded length · u32 length · bytes.
 * A gzip section is one member (RFC 1952), so it can be sent as it is to a client that accepts gzip.
 */
const MAGIC = Buffer.from('AIC1');
const SECTION_HEADER = 9;

/**
 * Up to this, fflate packs, with no native stream to open: a twentieth of a millisecond behind zlib, which takes a
 * quarter to two thirds of its time at every size. Above, where that lead grows, zlib does: in place while that takes
 * well under a millisecond, then on its thread pool. It reads all sizes, as hits do that often. By `npm run bench
 * compression`.
 */
const FFLATE_MAX = 1024;
const PACK_IN_PLACE_MAX = 16 * 1024;
const UNPACK_IN_PLACE_MAX = 64 * 1024;
/** Half the time of the default level on small answers, for a twentieth more bytes at most. */
const IN_PLACE = { level: 3 };
/** No time of its own, so that the same answer makes the same bytes. */
const FFLATE = { level: 1, mem: 0, mtime: 0 } as const;
const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);

const gzipAsync = promisify(zlib.gzip);
const gunzipAsync = promisify(zlib.gunzip);
const codecNames = Object.fromEntries(Object.entries(CODECS).map(([name, id]) => [id, name])) as Record<number, Codec>;

/** Compresses above `threshold` bytes where that makes it smaller. Never blocks for longer than 16 KB take zlib. */
export async function packSection(bytes: Buffer, threshold: number): Promise<Section> {
	const plain: Section = { codec: 'identity', length: bytes.length, bytes };
	if (bytes.length <= threshold) return plain;
	const packed = await pack(bytes);
	return packed.length < bytes.length ? { codec: 'gzip', length: bytes.length, bytes: packed } : plain;
}

function pack(bytes: Buffer): Buffer | Promise<Buffer> {
	if (bytes.length <= FFLATE_MAX) return asBuffer(fflate().gzipSync(bytes, FFLATE));
	return bytes.length <= PACK_IN_PLACE_MAX ? zlib.gzipSync(bytes, IN_PLACE) : gzipAsync(bytes);
}

/**
 * The section's bytes as they went in. Never writes more than the length that the section names; otherwise throws.
 * Never blocks for longer than 64 KB take zlib.
 */
export async function unpackSection(section: Section): Promise<Buffer> {
	if (section.codec === 'identity') return section.bytes;
	try {
		const bytes = await unpack(section);
		if (bytes.length !== section.length) throw new UndecodableEntryError('the decoded length is not the stated one');
		return bytes;
	} catch (error) {
		if (error instanceof UndecodableEntryError) throw error;
		throw new UndecodableEntryError('damaged gzip section', { cause: error });
	}
}

function unpack({ bytes, length }: Section): Buffer | Promise<Buffer> {
	const bound = { maxOutputLength: length };
	return length <= UNPACK_IN_PLACE_MAX ? zlib.gunzipSync(bytes, bound) : gunzipAsync(bytes, bound);
}

/** In a buffer of its own, behind `headLength` bytes that are left to the caller. */
export function encodeEntry({ meta, body, request }: Entry, headLength = 0): Buffer {
	const json = JSON.stringify(meta);
	const metaLength = Buffer.byteLength(json);
	const sections = 2 * SECTION_HEADER + body.bytes.length + request.bytes.length;
	// Not from Node's pool, of which a slice would keep the whole slab.
	const bytes = Buffer.allocUnsafeSlow(headLength + 8 + metaLength + sections);
	MAGIC.copy(bytes, headLength);
	bytes.writeUInt32BE(metaLength, headLength + 4);
	bytes.write(json, headLength + 8);
	const end = writeSection(bytes, headLength + 8 + metaLength, body);
	writeSection(bytes, end, request);
	return bytes;
}

/** Answers where it ends. */
function writeSection(target: Buffer, at: number, { codec, length, bytes }: Section): number {
	target.writeUInt8(CODECS[codec], at);
	target.writeUInt32BE(length, at + 1);
	target.writeUInt32BE(bytes.length, at + 5);
	target.set(bytes, at + SECTION_HEADER);
	return at + SECTION_HEADER + bytes.length;
}

/** Throws `UndecodableEntryError` on anything that `encodeEntry` did not write whole. Decompresses nothing. */
export function decodeEntry(bytes: Buffer, maximumLength: number): Entry {
	const { meta, end } = decodeMeta(bytes);
	const body = decodeSection(bytes, end, maximumLength);
	const request = decodeSection(bytes, body.end, maximumLength);
	return { meta, body: body.section, request: request.section };
}

/** The meta alone, from the first bytes of an entry. `end` is where the sections begin. */
export function decodeMeta(bytes: Buffer): { meta: EntryMeta; end: number } {
	const end = metaEnd(bytes);
	if (bytes.length < end) throw new UndecodableEntryError('cut short in its meta data');
	try {
		return { meta: JSON.parse(bytes.toString('utf8', 8, end)) as EntryMeta, end };
	} catch (error) {
		throw new UndecodableEntryError('its meta data are no JSON', { cause: error });
	}
}

/** How many bytes `decodeMeta` needs. */
export function metaEnd(bytes: Buffer): number {
	if (bytes.length < 8 || bytes.compare(MAGIC, 0, 4, 0, 4) !== 0) throw new UndecodableEntryError('unknown format');
	return 8 + bytes.readUInt32BE(4);
}

function decodeSection(bytes: Buffer, start: number, maximumLength: number): { section: Section; end: number } {
	if (bytes.length < start + SECTION_HEADER) throw new UndecodableEntryError('cut short');
	const codec = codecNames[bytes.readUInt8(start)];
	if (codec === undefined) throw new UndecodableEntryError('unknown codec');
	const length = bytes.readUInt32BE(start + 1);
	if (length > maximumLength) throw new UndecodableEntryError('larger than an entry may be');
	const from = start + SECTION_HEADER;
	const end = from + bytes.readUInt32BE(start + 5);
	if (bytes.length < end) throw new UndecodableEntryError('cut short');
	return { section: { codec, length, bytes: bytes.subarray(from, end) }, end };
}
