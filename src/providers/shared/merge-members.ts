import type { JsonObject, JsonValue } from '../../shared/api-types.ts';

/** Replaces members that a stream repeats as a whole. The last value wins, but an empty one never replaces another. */
export function replaceMembers(target: JsonObject, members: JsonObject): void {
	for (const [name, value] of Object.entries(members)) replaceMember(target, name, value);
}

export function replaceMember(target: JsonObject, name: string, value: JsonValue): void {
	if (target[name] === undefined || !isEmpty(value)) target[name] = value;
}

/** True for null, zero, empty text, and containers of only these: some servers send them for unknown values. */
export function isEmpty(value: JsonValue): boolean {
	if (typeof value !== 'object' || value === null) return value === null || value === '' || value === 0;
	return Object.values(value).every(isEmpty);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Joins pieces of base64. A piece that was padded stands for whole bytes, which are joined; others are pieces of one
 * text.
 */
export function joinBase64(text: string, piece: string): string {
	if (!text.endsWith('=') || !BASE64.test(text) || !BASE64.test(piece)) return text + piece;
	const padded = text.length - 4;
	const bytes = Buffer.concat([Buffer.from(text.slice(padded), 'base64'), Buffer.from(piece, 'base64')]);
	return text.slice(0, padded) + bytes.toString('base64');
}
