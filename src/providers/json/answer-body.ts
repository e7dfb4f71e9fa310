import type { JsonObject } from '../../shared/api-types.ts';
import { parseExactly } from './lossless-json.ts';
import { isNestedTooDeeply } from './nesting.ts';

/** Reason for not storing an answer that is not strict JSON. */
export const NOT_STRICT_JSON = 'not_strict_json';

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** Removes a byte order mark, as clients do. */
export const withoutMark = (body: Buffer): Buffer =>
	body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body;

/** Matches string delimiters, escapes, and the numbers that Python writes but JSON does not have. */
const TEXT_OR_NUMBER_OF_PYTHON = /"|\\[^]|-?\bInfinity\b|\bNaN\b/g;

/** Like `JSON.parse`, but reads `NaN`, `Infinity` and `-Infinity` as null. Throws if the text is still not JSON. */
export function parseLeniently(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		const strict = replaceNumbersOfPython(text);
		if (strict === text) throw error;
		return JSON.parse(strict);
	}
}

/**
 * Searches from quote to quote: one expression for whole strings overflows on long ones and is slow on unclosed ones.
 */
function replaceNumbersOfPython(text: string): string {
	let isInText = false;
	return text.replace(TEXT_OR_NUMBER_OF_PYTHON, (found) => {
		if (found === '"') isInText = !isInText;
		return isInText || found === '"' || found.startsWith('\\') ? found : 'null';
	});
}

/** Like `parseLeniently`, but keeps whole numbers beyond 2^53 as `parseExactly` does, if the text is strict JSON. */
export function parseStored(text: string): unknown {
	try {
		return parseExactly(text);
	} catch {
		return parseLeniently(text);
	}
}

export interface ParsedBody {
	parsed: JsonObject;
	/** True if `JSON.parse` accepts the text. */
	strict: boolean;
}

/** Reads the JSON object in a body; null if there is none. An object that is nested too deeply counts as empty. */
export function parseBody(body: Buffer): ParsedBody | null {
	const text = body.toString();
	try {
		const parsed = parseLeniently(text);
		if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
		if (isNestedTooDeeply(parsed)) return { parsed: {}, strict: true };
		return { parsed: parsed as JsonObject, strict: isJson(text) };
	} catch {
		return null;
	}
}

function isJson(text: string): boolean {
	if (!/NaN|Infinity/.test(text)) return true;
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
