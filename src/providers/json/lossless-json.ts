import { createHash } from 'node:crypto';
import type { JsonObject } from '../../shared/api-types.ts';

/** What a text has to hold for a whole number that loses digits as a JavaScript number: 2^53 has sixteen. */
const MAY_LOSE_DIGITS = /\d{16}/;
const WHOLE_NUMBER = /^-?\d+$/;

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;

/** https://github.com/tc39/proposal-json-parse-with-source, which Node 22 has and TypeScript does not know. */
const json = JSON as unknown as {
	parse(text: string, reviver: Reviver): unknown;
	rawJSON(text: string): unknown;
	isRawJSON(value: unknown): boolean;
};

/** Whether the value is a number beyond 2^53 as `parseExactly` leaves it. */
export const isExactNumber = (value: unknown): boolean => json.isRawJSON(value);

/**
 * As `JSON.parse`, but that whole numbers beyond 2^53 keep their digits: they are objects that `JSON.stringify` writes
 * as they were. Throws where the text is no JSON.
 */
export const parseExactly = (text: string): unknown => parseNumbers(text, (digits) => json.rawJSON(digits));

/**
 * The JSON body with its whole numbers beyond 2^53 as bigints where it has any, for fingerprints alone: requests that
 * differ in their last digits are equal once they are parsed. The body itself where it has none.
 */
export function withExactNumbers(body: JsonObject, raw: Buffer): JsonObject {
	if (!MAY_LOSE_DIGITS.test(raw.toString('latin1'))) return body;
	let found = 0;
	const exact = parseNumbers(new TextDecoder().decode(raw), (digits) => {
		found++;
		return toBigInt(digits);
	});
	return found === 0 ? body : (exact as JsonObject);
}

/** No double holds more digits. Reading and writing many more takes a bigint longer than their number. */
const MAX_DIGITS = 400;

/** The number, or one that stands for it alone. */
const toBigInt = (digits: string): bigint =>
	BigInt(digits.length > MAX_DIGITS ? `0x${createHash('sha512').update(digits).digest('hex')}` : digits);

function parseNumbers(text: string, keep: (digits: string) => unknown): unknown {
	if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
	return json.parse(text, (_name, value, { source = '' }) => {
		const loses = typeof value === 'number' && !Number.isSafeInteger(value) && WHOLE_NUMBER.test(source);
		return loses ? keep(source) : value;
	});
}
