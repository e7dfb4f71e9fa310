import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isExactNumber, parseExactly } from './lossless-json.ts';

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** Returns the value if it is an object, otherwise an empty object. */
export const objectOf = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

/** Returns the objects among an array's elements. Returns an empty array for any other value. */
export const objectsOf = (value: JsonValue | undefined): JsonObject[] =>
	Array.isArray(value) ? value.filter(isObject) : [];

export const stringOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

export const stringOrNull = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);

/** Returns the value if it is a valid count, otherwise 0. */
export const countOf = (value: JsonValue | undefined): number =>
	typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;

export const isPresent = (value: JsonValue | undefined): value is JsonValue => value !== undefined && value !== null;

/** Parses a JSON object, or returns null if the text is not one. Keeps large numbers as `parseExactly` does. */
export function parseObject(text: string): JsonObject | null {
	try {
		const value = parseExactly(text);
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}
