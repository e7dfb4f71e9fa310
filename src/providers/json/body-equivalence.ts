import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../shared/api-types.ts';

/**
 * Checks that every JSON reader understands the bytes as `body`, which was parsed from them. Another reader may take
 * the first of two members with the same name, apply a charset that the request named, or read invalid UTF-8 as
 * Latin-1. It would then answer another request than the cache key stands for, and others would get its answer.
 */
export function saysTheSame(bytes: Buffer, body: JsonObject): boolean {
	try {
		if (!isUtf8(bytes) || !isDeepStrictEqual(JSON.parse(bytes.toString()), body)) return false;
		return membersIn(bytes) === membersOf(body);
	} catch {
		return false;
	}
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Counts the members of all objects in a JSON text by the colons outside strings. */
function membersIn(json: Buffer): number {
	let members = 0;
	for (let at = 0; at < json.length; at++) {
		if (json[at] === QUOTE) at = endOfString(json, at);
		else if (json[at] === COLON) members++;
	}
	return members;
}

/**
 * Finds the end of the string that begins at `begin`. Searches for quotes, so that long texts and images cost little.
 */
function endOfString(json: Buffer, begin: number): number {
	for (let end = json.indexOf(QUOTE, begin + 1); end !== -1; end = json.indexOf(QUOTE, end + 1)) {
		let backslashes = 0;
		while (json[end - 1 - backslashes] === BACKSLASH) backslashes++;
		if (backslashes % 2 === 0) return end;
	}
	return json.length;
}

function membersOf(value: JsonValue): number {
	if (typeof value !== 'object' || value === null) return 0;
	const values = Object.values(value);
	return values.reduce<number>((sum, each) => sum + membersOf(each), Array.isArray(value) ? 0 : values.length);
}
