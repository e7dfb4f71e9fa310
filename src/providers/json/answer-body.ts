import type { JsonObject } from '../../shared/api-types.ts';
import { parseExactly } from './lossless-json.ts';
import { isNestedTooDeeply } from './nesting.ts';

/** A word for answers that are not stored because they are no strict JSON. */
export const NOT_STRICT_JSON = 'not_strict_json';

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** The body without a byte order mark, which clients drop as well. */
export const withoutMark = (body: Buffer): Buffer =>
	body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body;

/** What begins or ends a text, what is escaped in one, and the numbers that Python writes and JSON does not have. */
const TEXT_OR_NUMBER_OF_PYTHON = /"|\\[^]|-?\bInfinity\b|\bNaN\b/g;

/** As `JSON.parse`, but reads `NaN`, `Infinity` and `-Infinity` as null. Throws if that does not make it JSON. */
export function parseLeniently(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		const strict = replaceNumbersOfPython(text);
		if (strict === text) throw error;
		return JSON.parse(strict);
	}
}

/** Goes from quote to quote: an expression for whole texts overflows on long ones, and is slow on unfinished ones. */
function replaceNumbersOfPython(text: string): string {
	let isInText = false;
	return text.replace(TEXT_OR_NUMBER_OF_PYTHON, (found) => {
		if (found === '"') isInText = !isInText;
		return isInText || found === '"' || found.startsWith('\\') ? found : 'null';
	});
}

/** The same with whole numbers beyond 2^53 as `parseExactly` leaves them, if the text is strict JSON. */
export function parseStored(text: string): unknown {
	try {
		return parseExactly(text);
	} catch {
		return parseLeniently(text);
	}
}

export interface ParsedBody {
	parsed: JsonObject;
	/** Whether `JSON.parse` reads it. */
	strict: boolean;
}

/** The JSON object that a body holds; null if it holds none. One that nothing could walk through counts as empty. */
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
