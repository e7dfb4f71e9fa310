import { createHash } from 'node:crypto';
import type { JsonObject } from '../../shared/api-types.ts';

/** A whole number that loses digits as a JavaScript number has at least 16 digits, as 2^53 has. */
const MAY_LOSE_DIGITS = /\d{16}/;
const WHOLE_NUMBER = /^-?\d+$/;

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Node 22 implements this proposal, but TypeScript's types lack it:
 * https://github.com/tc39/proposal-json-parse-with-source
 */
const json = JSON as unknown as {
	parse(text: string, reviver: Reviver): unknown;
	rawJSON(text: string): unknown;
	isRawJSON(value: unknown): boolean;
};

/** True for a number beyond 2^53 in the form that `parseExactly` gives it. */
export const isExactNumber = (value: unknown): boolean => json.isRawJSON(value);

/**
 * Like `JSON.parse`, but whole numbers beyond 2^53 keep their digits: they become objects that `JSON.stringify` writes
 * unchanged. Throws if the text is not JSON.
 */
export const parseExactly = (text: string): unknown => parseNumbers(text, (digits) => json.rawJSON(digits));

/**
 * Returns the JSON body with its whole numbers beyond 2^53 as bigints, or the same body if it has none. Only for cache
 * keys: parsed as plain numbers, requests that differ in the last digits would be equal.
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

/** No double has more digits. Converting many more to a bigint and back would be slow. */
const MAX_DIGITS = 400;

/** Converts the digits to a bigint, or to another value that is unique for the number. */
const toBigInt = (digits: string): bigint =>
	BigInt(digits.length > MAX_DIGITS ? `0x${createHash('sha512').update(digits).digest('hex')}` : digits);

function parseNumbers(text: string, keep: (digits: string) => unknown): unknown {
	if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
	return json.parse(text, (_name, value, { source = '' }) => {
		const loses = typeof value === 'number' && !Number.isSafeInteger(value) && WHOLE_NUMBER.test(source);
		return loses ? keep(source) : value;
	});
}
