import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../contract.ts';

/**
 * Whether the bytes say to every reader of JSON what `body`, which was read from them, says. Another reader may take the
 * first of two members of one name, or UTF-8 for another charset that the request named: then it is asked something else
 * than the fingerprint was made of, and its answer would be given to others.
 */
export function saysTheSame(bytes: Buffer, body: JsonObject): boolean {
	try {
		if (!isDeepStrictEqual(JSON.parse(bytes.toString()), body)) return false;
		return membersIn(bytes) === membersIn(Buffer.from(JSON.stringify(body)));
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
	let inString = false;
	for (let at = 0; at < json.length; at++) {
		const byte = json[at];
		if (byte === QUOTE) inString = !inString;
		else if (byte === BACKSLASH) at++;
		else if (byte === COLON && !inString) members++;
	}
	return members;
}
