import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../shared/api-types.ts';

/**
 * Whether the bytes say to every reader of JSON what `body`, which was read from them, says. Another reader may take the
 * first of two members of one name, UTF-8 for another charset that the request named, or bytes that are no UTF-8 for
 * Latin-1: then it is asked something else than the fingerprint was made of, and its answer would be given to others.
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

/** Members of all objects in a JSON text: its colons outside strings. */
function membersIn(json: Buffer): number {
	let members = 0;
	for (let at = 0; at < json.length; at++) {
		if (json[at] === QUOTE) at = endOfString(json, at);
		else if (json[at] === COLON) members++;
	}
	return members;
}

/** Where the string ends that begins there. Texts and images are passed over at once, not byte by byte. */
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
