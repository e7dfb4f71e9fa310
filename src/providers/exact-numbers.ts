import type { JsonObject } from '../contract.ts';
import { isObject } from './json.ts';

/** What a body has to hold for a whole number that loses digits as a JavaScript number: 2^53 has sixteen. */
const MAY_LOSE_DIGITS = /\d{16}/;

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;

/** With the text that each value was read from (https://github.com/tc39/proposal-json-parse-with-source). */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * The JSON body with its whole numbers beyond 2^53 as bigints where it has any, for fingerprints alone: requests that
 * differ in their last digits are equal once they are parsed. The body itself where it has none.
 */
export function withExactNumbers(body: JsonObject, raw: Buffer): JsonObject {
	if (!MAY_LOSE_DIGITS.test(raw.latin1Slice())) return body;
	let found = false;
	const exact = parseWithSource(new TextDecoder().decode(raw), (_name, value, { source = '' }) => {
		if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value;
		found = true;
		return BigInt(source);
	});
	return found && isObject(exact) ? exact : body;
}
