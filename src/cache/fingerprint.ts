import { hash } from 'node:crypto';
import type { JsonObject, JsonValue, Operation, Provider, Scope } from '../contract.ts';

/** Raised whenever the meaning of a key or of stored bytes changes; old entries are then never looked at again. */
export const KEY_SCHEMA = 2;

export interface FingerprintParts {
	provider: Provider;
	/** Answers of another upstream are other answers, whatever it calls itself. */
	baseUrl: string;
	operation: Operation;
	model: string;
	/** The model's cache version, raised when a provider changes what stands behind its name. */
	modelVersion: number;
	scope: Scope;
	/** Role or user id for the scope of that name; empty for `shared`. */
	scopeId: string;
	/** Those of the caller's headers that change the answer, by lower-case name; what does of its query as `?`. */
	headers: Readonly<Record<string, string>>;
	/** The dialect's `fingerprintBody`; whole numbers beyond 2^53 may be bigints. */
	body: JsonObject;
}

/**
 * The cache key of a request: `<provider>:<model>:<SHA-256 of the canonical form, base64url>`.
 * Contains nothing of the prompt, and is safe in a URL path and in a Redis key.
 */
export function fingerprint(parts: FingerprintParts): string {
	const digest = hash(
		'sha256',
		canonicalJson([
			KEY_SCHEMA,
			parts.provider,
			parts.baseUrl,
			parts.operation,
			parts.model,
			parts.modelVersion,
			parts.scope,
			parts.scopeId,
			parts.headers,
			parts.body,
		]),
		'base64url',
	);
	return `${parts.provider}:${readableModel(parts.model)}:${digest}`;
}

const readableModel = (model: string): string => model.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);

/**
 * JSON Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units (§3.2.3), numbers and strings as
 * ECMAScript writes them (§3.2.2), no white space.
 */
export function canonicalJson(value: JsonValue | readonly unknown[] | Readonly<Record<string, unknown>>): string {
	return write(value);
}

/** Bigints are whole numbers with more digits than a number has; infinities what is beyond any number (`1e400`). */
function writeScalar(value: unknown): string {
	if (value === undefined) return 'null';
	if (typeof value === 'bigint' || value === Infinity || value === -Infinity) return String(value);
	return JSON.stringify(value);
}

function write(value: unknown): string {
	if (value === null || typeof value !== 'object') return writeScalar(value);
	if (Array.isArray(value)) {
		let text = '[';
		for (let index = 0; index < value.length; index++) text += (index ? ',' : '') + write(value[index]);
		return text + ']';
	}
	const record = value as Record<string, unknown>;
	let text = '';
	for (const name of Object.keys(record).sort()) {
		const member = record[name];
		if (member === undefined) continue;
		text += `${text ? ',' : ''}${JSON.stringify(name)}:${write(member)}`;
	}
	return `{${text}}`;
}
