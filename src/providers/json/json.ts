import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isExactNumber, parseExactly } from './lossless-json.ts';

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** The value as an object; an empty one where it is none. */
export const objectOf = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

/** The objects among an array's elements; none where it is no array. */
export const objectsOf = (value: JsonValue | undefined): JsonObject[] =>
	Array.isArray(value) ? value.filter(isObject) : [];

export const stringOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

export const stringOrNull = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);

/** A count: 0 where it is none. */
export const countOf = (value: JsonValue | undefined): number =>
	typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;

export const isPresent = (value: JsonValue | undefined): value is JsonValue => value !== undefined && value !== null;

/** The JSON object that a text holds, or null where it holds none. Its numbers are as `parseExactly` leaves them. */
export function parseObject(text: string): JsonObject | null {
	try {
		const value = parseExactly(text);
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}
