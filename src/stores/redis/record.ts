import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeEntryLazily, decodeMeta, encodeEntry, metaEnd } from '../../cache/codec.ts';
import type { Tag } from '../../cache/dependencies.ts';
import type { Entry, EntryMeta } from '../../cache/entry.ts';
import { UndecodableEntryError } from '../../cache/errors.ts';
import { ID_LENGTH } from '../../cache/ids.ts';

/**
 * An entry as Redis has it, numbers big-endian: owner · u16 count of tokens · u32 checksum of all that follows it ·
 * f64 end of its life (milliseconds) · digest of its tags · one token per tag, in their order · the entry.
 * With these a look-up can tell whether it is valid without parsing its meta.
 */
export interface StoredRecord {
	owner: string;
	tokens: string[];
	/** Milliseconds since the epoch. */
	expires: number;
	/** `tagsDigest` of its tags. */
	digest: string;
	entry: Entry;
}

/** What a record's head says of its tags and their tokens, in pieces that follow one another. */
export type Seal = readonly Uint8Array[];

const tagSeals = new WeakMap<readonly Tag[], Buffer>();

/** The seal of a record with these tags, one token each. */
export function sealOf(tags: readonly Tag[], tokens: readonly Uint8Array[]): Seal {
	let head = tagSeals.get(tags);
	if (head === undefined) tagSeals.set(tags, (head = Buffer.from(tagsDigest(tags), 'latin1')));
	return [head, ...tokens];
}

const DIGEST_LENGTH = 12;
const COUNT_AT = ID_LENGTH;
const CHECKSUM_AT = COUNT_AT + 2;
const EXPIRES_AT = CHECKSUM_AT + 4;
const DIGEST_AT = EXPIRES_AT + 8;
const TOKENS_AT = DIGEST_AT + DIGEST_LENGTH;

export function encodeRecord(owner: string, tokens: readonly string[], entry: Entry): Buffer {
	const bytes = encodeEntry(entry, TOKENS_AT + tokens.length * ID_LENGTH);
	bytes.write(owner, 0, 'latin1');
	bytes.writeUInt16BE(tokens.length, COUNT_AT);
	bytes.writeDoubleBE(entry.meta.expires, EXPIRES_AT);
	bytes.write(tagsDigest(entry.meta.tags) + tokens.join(''), DIGEST_AT, 'latin1');
	bytes.writeUInt32BE(crc32(bytes.subarray(EXPIRES_AT)), CHECKSUM_AT);
	return bytes;
}

/** Throws `UndecodableEntryError` on anything that `encodeRecord` did not write whole. */
export function decodeRecord(bytes: Buffer, maximumLength: number): StoredRecord {
	const { owner, tokens, expires, digest, end } = decodeHead(bytes);
	demandWhole(bytes);
	return { owner, tokens, expires, digest, entry: decodeEntryLazily(bytes.subarray(end), maximumLength) };
}

/**
 * The entry of a record that carries this seal and ends after `now`, undefined for any other. Reads no more of the head
 * than that takes; throws like `decodeRecord`.
 */
export function decodeSealed(bytes: Buffer, seal: Seal, now: number, maximumLength: number): Entry | undefined {
	const end = endOfHead(bytes);
	demandWhole(bytes);
	if (!carries(bytes, seal, end) || bytes.readDoubleBE(EXPIRES_AT) <= now) return undefined;
	return decodeEntryLazily(bytes.subarray(end), maximumLength);
}

function carries(bytes: Buffer, seal: Seal, end: number): boolean {
	let at = DIGEST_AT;
	for (const piece of seal) {
		// Quicker than a call out of JavaScript for so few.
		for (let index = 0; index < piece.length; index++) if (piece[index] !== bytes[at++]) return false;
	}
	return at === end;
}

function demandWhole(bytes: Buffer): void {
	if (crc32(bytes.subarray(EXPIRES_AT)) !== bytes.readUInt32BE(CHECKSUM_AT)) {
		throw new UndecodableEntryError('its checksum does not agree');
	}
}

const digests = new WeakMap<readonly Tag[], string>();

/** Tells lists of tags apart; remembered, as most requests for an entry bring the very same list. */
export function tagsDigest(tags: readonly Tag[]): string {
	let digest = digests.get(tags);
	if (digest === undefined) {
		digest = hash('sha256', tags.join('\n'), 'base64url').slice(0, DIGEST_LENGTH);
		digests.set(tags, digest);
	}
	return digest;
}

/** From the first bytes of a record; `missing` says how many more are needed where they do not suffice. */
export function decodeRecordMeta(
	bytes: Buffer,
): { owner: string; tokens: string[]; meta: EntryMeta } | { missing: number } {
	const { owner, tokens, end } = decodeHead(bytes);
	const rest = bytes.subarray(end);
	const needed = metaEnd(rest);
	if (rest.length < needed) return { missing: end + needed };
	return { owner, tokens, meta: decodeMeta(rest).meta };
}

function decodeHead(bytes: Buffer): Omit<StoredRecord, 'entry'> & { end: number } {
	const end = endOfHead(bytes);
	const text = bytes.toString('latin1', 0, end);
	const tokens: string[] = [];
	for (let at = TOKENS_AT; at < end; at += ID_LENGTH) tokens.push(text.slice(at, at + ID_LENGTH));
	return {
		owner: text.slice(0, ID_LENGTH),
		tokens,
		expires: bytes.readDoubleBE(EXPIRES_AT),
		digest: text.slice(DIGEST_AT, TOKENS_AT),
		end,
	};
}

function endOfHead(bytes: Buffer): number {
	if (bytes.length < TOKENS_AT) throw new UndecodableEntryError('cut short in its head');
	const end = TOKENS_AT + bytes.readUInt16BE(COUNT_AT) * ID_LENGTH;
	if (bytes.length < end) throw new UndecodableEntryError('cut short in its tokens');
	return end;
}

/** What stands in an index: which generation of which key. */
export const memberOf = (owner: string, key: string): string => owner + key;
export const ownerOf = (member: string): string => member.slice(0, ID_LENGTH);
export const keyOf = (member: string): string => member.slice(ID_LENGTH);
