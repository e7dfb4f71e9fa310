import { decodeEntry, decodeMeta, encodeEntry, metaEnd } from '../../cache/codec.ts';
import type { Entry, EntryMeta } from '../../cache/entry.ts';
import { UndecodableEntryError } from '../../cache/errors.ts';
import { ID_LENGTH } from '../../cache/ids.ts';

/**
 * An entry as Redis has it: owner · u16 count · one token per tag of its meta, in their order · the entry.
 * Owner and tokens are ids of `ID_LENGTH` bytes.
 */
export interface StoredRecord {
	owner: string;
	tokens: string[];
	entry: Entry;
}

const COUNT_AT = ID_LENGTH;
const TOKENS_AT = ID_LENGTH + 2;

export function encodeRecord(owner: string, tokens: readonly string[], entry: Entry): Buffer {
	const head = Buffer.allocUnsafe(TOKENS_AT + tokens.length * ID_LENGTH);
	head.write(owner, 0, 'latin1');
	head.writeUInt16BE(tokens.length, COUNT_AT);
	tokens.forEach((token, index) => head.write(token, TOKENS_AT + index * ID_LENGTH, 'latin1'));
	return Buffer.concat([head, encodeEntry(entry)]);
}

export function decodeRecord(bytes: Buffer, maximumLength: number): StoredRecord {
	const { owner, tokens, end } = decodeHead(bytes);
	const entry = decodeEntry(bytes.subarray(end), maximumLength);
	if (entry.meta.tags.length !== tokens.length) throw new UndecodableEntryError('a token is missing');
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

function decodeHead(bytes: Buffer): { owner: string; tokens: string[]; end: number } {
	if (bytes.length < TOKENS_AT) throw new UndecodableEntryError('cut short in its head');
	const count = bytes.readUInt16BE(COUNT_AT);
	const end = TOKENS_AT + count * ID_LENGTH;
	if (bytes.length < end) throw new UndecodableEntryError('cut short in its tokens');
	const tokens: string[] = [];
	for (let at = TOKENS_AT; at < end; at += ID_LENGTH) tokens.push(bytes.toString('latin1', at, at + ID_LENGTH));
	return { owner: bytes.toString('latin1', 0, ID_LENGTH), tokens, end };
}

/** What stands in an index: which generation of which key. */
export const memberOf = (owner: string, key: string): string => owner + key;
export const ownerOf = (member: string): string => member.slice(0, ID_LENGTH);
export const keyOf = (member: string): string => member.slice(ID_LENGTH);
