import type { JournalRow } from '../../../shared/api-types.ts';
import type { ModelState } from '../../../cache/store.ts';

/** What a value in Redis or a message says, or null: whoever may use Redis may have written anything there. */
export function parseAs<Value>(text: string | Buffer, guard: (value: unknown) => value is Value): Value | null {
	try {
		const value: unknown = JSON.parse(text.toString());
		return guard(value) ? value : null;
	} catch {
		return null;
	}
}

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

const MAX_KEY_LENGTH = 1024;

/** That generations of these keys ended. */
export const isHint = (value: unknown): value is { done: string[] } =>
	isObject(value) &&
	Array.isArray(value['done']) &&
	value['done'].every((key) => isText(key) && key.length <= MAX_KEY_LENGTH);

export const isJournalRow = (value: unknown): value is JournalRow =>
	isObject(value) &&
	['id', 'at', 'cause'].every((name) => isText(value[name])) &&
	['event', 'user', 'note'].every((name) => isTextOrNull(value[name])) &&
	isObject(value['criteria']) &&
	Number.isFinite(value['entries']);

export const isModelState = (value: unknown): value is ModelState =>
	isObject(value) &&
	Number.isSafeInteger(value['version']) &&
	['snapshot', 'systemFingerprint'].every((name) => isTextOrNull(value[name])) &&
	(value['changedAt'] === null || Number.isFinite(value['changedAt'])) &&
	(value['snapshots'] === undefined || (Array.isArray(value['snapshots']) && value['snapshots'].every(isText)));
