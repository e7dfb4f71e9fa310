import { crc32 } from 'node:zlib';
import { decodeEntry, decodeMeta, encodeEntry, metaEnd } from '../../../cache/entry-codec.ts';
import type { Entry, EntryMeta } from '../../../cache/entry.ts';
import { UndecodableEntryError } from '../../../cache/errors.ts';
import { ID_LENGTH } from '../../../cache/ids.ts';
import type { Command } from '../connection/client.ts';

/**
 * An entry as Redis has it, numbers big-endian: u8 format · u24 id of the key that it is encrypted with, 0 for none ·
 * owner · u16 count of tokens · u32 checksum of all that follows it · one token per tag, in their order · the entry.
 */
export interface StoredRecord {
	owner: string;
	tokens: string[];
	entry: Entry;
}

/** The only format so far: not encrypted. */
const PLAIN = 1;
/** Where the owner stands. Redis' scripts know it, too. */
export const OWNER_AT = 4;
const COUNT_AT = OWNER_AT + ID_LENGTH;
const CHECKSUM_AT = COUNT_AT + 2;
const TOKENS_AT = CHECKSUM_AT + 4;

export function encodeRecord(owner: string, tokens: readonly string[], entry: Entry): Buffer {
	const bytes = encodeEntry(entry, TOKENS_AT + tokens.length * ID_LENGTH);
	bytes.writeUInt32BE(PLAIN << 24, 0);
	bytes.write(owner, OWNER_AT, 'latin1');
	bytes.writeUInt16BE(tokens.length, COUNT_AT);
	bytes.write(tokens.join(''), TOKENS_AT, 'latin1');
	bytes.writeUInt32BE(crc32(bytes.subarray(TOKENS_AT)), CHECKSUM_AT);
	return bytes;
}

/** Throws `UndecodableEntryError` on anything that `encodeRecord` did not write whole. */
export function decodeRecord(bytes: Buffer, maximumLength: number): StoredRecord {
	const { owner, tokens, end } = decodeHead(bytes);
	if (crc32(bytes.subarray(TOKENS_AT)) !== bytes.readUInt32BE(CHECKSUM_AT)) {
		throw new UndecodableEntryError('its checksum does not agree');
	}
	const entry = decodeEntry(bytes.subarray(end), maximumLength);
	if (!Array.isArray(entry.meta.tags)) throw new UndecodableEntryError('it has no tags');
	return { owner, tokens, entry };
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
	if (bytes.length < TOKENS_AT) throw new UndecodableEntryError('cut short in its head');
	if (bytes.readUInt32BE(0) !== PLAIN << 24) throw new UndecodableEntryError('unknown format');
	const end = TOKENS_AT + bytes.readUInt16BE(COUNT_AT) * ID_LENGTH;
	if (bytes.length < end) throw new UndecodableEntryError('cut short in its tokens');
	const text = bytes.toString('latin1', 0, end);
	const tokens: string[] = [];
	for (let at = TOKENS_AT; at < end; at += ID_LENGTH) tokens.push(text.slice(at, at + ID_LENGTH));
	return { owner: text.slice(OWNER_AT, COUNT_AT), tokens, end };
}

/** Whether the record is this owner's. A record never changes: another answer has another owner. */
export const isOwnedBy = (bytes: Buffer, owner: string): boolean =>
	bytes.length > TOKENS_AT && bytes.toString('latin1', OWNER_AT, COUNT_AT) === owner;

/** Reads the owner alone. */
export const ownerCommand = (name: string): Command => ['GETRANGE', name, OWNER_AT, COUNT_AT - 1];

/** What stands in an index: which generation of which key. */
export const memberOf = (owner: string, key: string): string => owner + key;
export const ownerOf = (member: string): string => member.slice(0, ID_LENGTH);
export const keyOf = (member: string): string => member.slice(ID_LENGTH);
