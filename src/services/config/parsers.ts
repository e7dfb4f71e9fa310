import type * as z from 'zod';
import { parseDuration, parseSize } from './notation.ts';

/**
 * Makes of what Directus' environment says what the code works with. Throws `SettingMistake`. Plain functions, since
 * every process reads every setting at its start: schemas for them take zod longer to build than all else takes to load.
 */
export type Read<Value> = (given: unknown) => Value;

/** What is wrong with a setting, never with its value; `path` leads to the place within it. */
export class SettingMistake extends Error {
	readonly problems: readonly { path: readonly PropertyKey[]; message: string }[];

	constructor(problems: string | SettingMistake['problems']) {
		super('A setting is wrong');
		this.problems = typeof problems === 'string' ? [{ path: [], message: problems }] : problems;
	}
}

export const text: Read<string> = (given) => {
	const value = String(given).trim();
	if (value === '') throw new SettingMistake('is empty');
	return value;
};

/** A text for which `holds` is true. */
export const textThat =
	(holds: (value: string) => boolean, otherwise: string): Read<string> =>
	(given) => {
		const value = text(given);
		if (!holds(value)) throw new SettingMistake(otherwise);
		return value;
	};

/** Milliseconds. */
export const duration: Read<number> = (given) => {
	const milliseconds = parseDuration(text(given));
	if (milliseconds === null) throw new SettingMistake('is no duration; write it with its unit, as 250ms, 30s or 24h');
	return milliseconds;
};

/** Node's timers end at once where they are set for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds that a timer can be set for. */
export const timer: Read<number> = (given) => {
	const milliseconds = duration(given);
	if (milliseconds > LONGEST_TIMER_MS) throw new SettingMistake('is longer than 24 days');
	return milliseconds;
};

/** Bytes. */
export const size: Read<number> = (given) => {
	const bytes = parseSize(text(given));
	if (bytes === null) throw new SettingMistake('is no size; write bytes, or a size as 64kb or 256mb');
	return bytes;
};

export const money: Read<number> = (given) => {
	const value = Number(given);
	if (!Number.isFinite(value)) throw new SettingMistake('is no number');
	if (value < 0) throw new SettingMistake('is negative');
	return value;
};

export const wholeNumber: Read<number> = (given) => {
	const value = money(given);
	if (!Number.isSafeInteger(value)) throw new SettingMistake('is no whole number');
	return value;
};

export const positive: Read<number> = (given) => {
	const value = wholeNumber(given);
	if (value < 1) throw new SettingMistake('is less than 1');
	return value;
};

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
	[true, true],
	['true', true],
	['1', true],
	[1, true],
	[false, false],
	['false', false],
	['0', false],
	[0, false],
]);

export const flag: Read<boolean> = (given) => {
	const value = FLAGS.get(given);
	if (value === undefined) throw new SettingMistake('is neither true nor false');
	return value;
};

export const oneOf =
	<const Value extends string>(values: readonly Value[], otherwise: string): Read<Value> =>
	(given) => {
		const value = values.find((each) => each === given);
		if (value === undefined) throw new SettingMistake(otherwise);
		return value;
	};

/** A comma-separated list; Directus may have split it already. */
export const list: Read<string[]> = (given) =>
	(Array.isArray(given) ? given.map(String) : String(given).split(',')).map((part) => part.trim()).filter(Boolean);

export const port: Read<number> = (given) => {
	const value = positive(given);
	if (value > 65_535) throw new SettingMistake('must be a port');
	return value;
};

/** Milliseconds, as a plain number too. */
export const milliseconds: Read<number> = (given) =>
	/^\d+$/.test(String(given).trim()) ? wholeNumber(given) : timer(given);

/** A list of `host:port`; the brackets of an IPv6 address are no part of it. */
export const addresses: Read<{ host: string; port: number }[]> = (given) =>
	list(given).map((part) => {
		const match = /^(?:rediss?:\/\/)?(?:([^:[\]]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(part);
		const value = Number(match?.[3]);
		if (match && value > 0 && value < 65_536) return { host: (match[1] ?? match[2])!, port: value };
		throw new SettingMistake('must be a list of host:port');
	});

/** JSON, checked by a schema that is built where the setting is set. */
export const json =
	<Schema extends z.ZodType>(schema: () => Schema): Read<z.output<Schema>> =>
	(given) => {
		const parsed = schema().safeParse(fromJson(rejoined(given)));
		if (parsed.success) return parsed.data;
		throw new SettingMistake(parsed.error.issues);
	};

/** Directus splits a value at its commas and reads the pieces, unless it begins with `json:`; they are put together again. */
export const rejoined = (value: unknown): unknown =>
	Array.isArray(value)
		? value.map((piece) => (typeof piece === 'string' ? piece : JSON.stringify(piece))).join(',')
		: value;

function fromJson(given: unknown): unknown {
	if (typeof given !== 'string') return given;
	try {
		return JSON.parse(given) as unknown;
	} catch {
		throw new SettingMistake('is no valid JSON');
	}
}
