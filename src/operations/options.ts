import type { JsonObject, JsonValue } from '../shared/api-types.ts';
import { InvalidRequestError } from '../services/errors/errors.ts';

/** The form values of a step. The Flow has already replaced its `{{…}}`. */
export type Options = Readonly<Record<string, unknown>>;

export function createInvalidOptionError(field: string, reason: string): Error {
	return new InvalidRequestError({ field, reason: `"${field}" ${reason}` });
}

/** An empty text or null counts as missing, because forms send them for empty fields. */
const isPresent = (value: unknown): boolean =>
	value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');

const readOption = (options: Options, field: string): unknown =>
	isPresent(options[field]) ? options[field] : undefined;

export function parseTextOption(options: Options, field: string): string | undefined {
	const value = readOption(options, field);
	if (value === undefined || typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	throw createInvalidOptionError(field, 'must be a text');
}

export function parseChoiceOption<Choice extends string>(
	options: Options,
	field: string,
	choices: readonly Choice[],
): Choice | undefined {
	const value = parseTextOption(options, field);
	if (value === undefined) return undefined;
	const choice = choices.find((one) => one === value);
	if (choice === undefined) throw createInvalidOptionError(field, `must be one of ${choices.join(', ')}`);
	return choice;
}

export function parseNumberOption(options: Options, field: string): number | undefined {
	const value = readOption(options, field);
	if (value === undefined) return undefined;
	const number = typeof value === 'string' ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number) || number < 0)
		throw createInvalidOptionError(field, 'must be a number of 0 or more');
	return number;
}

export function parseBooleanOption(options: Options, field: string): boolean | undefined {
	const value = readOption(options, field);
	if (value === undefined || typeof value === 'boolean') return value;
	if (value === 'true' || value === 'false') return value === 'true';
	throw createInvalidOptionError(field, 'must be true or false');
}

/** Parses one item key. Rejects `undefined`, which a Flow inserts for a missing value. */
export function parseKeyOption(options: Options, field: string): string | number | undefined {
	const value = readOption(options, field);
	if (value === undefined) return undefined;
	return parseKey(value, field);
}

/** Parses item keys from a list, a JSON list or a comma-separated text. */
export function parseKeysOption(options: Options, field: string): (string | number)[] | undefined {
	const value = readOption(options, field);
	if (value === undefined) return undefined;
	const list = (typeof value === 'string' ? splitText(value, field) : [value].flat()).filter(isPresent);
	return list.length === 0 ? undefined : list.map((key) => parseKey(key, field));
}

export function parseTextsOption(options: Options, field: string): string[] | undefined {
	return parseKeysOption(options, field)?.map(String);
}

export function parseListOption(options: Options, field: string): JsonValue[] | undefined {
	const value = parseJsonOption(options, field);
	if (value === undefined || Array.isArray(value)) return value;
	throw createInvalidOptionError(field, 'must be a JSON list');
}

export function parseObjectOption(options: Options, field: string): JsonObject | undefined {
	const value = parseJsonOption(options, field);
	if (value === undefined) return undefined;
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
	throw createInvalidOptionError(field, 'must be a JSON object');
}

function parseJsonOption(options: Options, field: string): JsonValue | undefined {
	const value = readOption(options, field);
	return typeof value === 'string' ? parseJson(value, field) : (value as JsonValue | undefined);
}

function parseJson(text: string, field: string): JsonValue {
	try {
		return JSON.parse(text) as JsonValue;
	} catch {
		throw createInvalidOptionError(field, 'must be valid JSON');
	}
}

function splitText(text: string, field: string): unknown[] {
	if (text.trim().startsWith('[')) return [parseJson(text, field)].flat();
	return text.split(',').map((part) => part.trim());
}

function parseKey(value: unknown, field: string): string | number {
	if (value === 'undefined' || value === 'null')
		throw createInvalidOptionError(field, `is "${value}": the Flow has no such value`);
	if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return value;
	throw createInvalidOptionError(field, 'must contain keys: numbers or texts');
}

/** Returns the object without its undefined values. */
export function omitUndefined<Shape extends object>(
	shape: Shape,
): { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> } {
	return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as never;
}
