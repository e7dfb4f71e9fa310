import { hash } from 'node:crypto';
import type { JsonObject, JsonValue, Operation, Provider, Scope } from '../shared/api-types.ts';

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
 * Members whose objects reach the model as text, in the order that they were written in, at every depth: JSON schemas,
 * tool arguments and template variables. A model answers in the order of its schema. The order of all other objects
 * cannot matter: the provider reads them by name. `input` as a list is the conversation itself.
 */
const ORDERED_MEMBERS: ReadonlySet<string> = new Set([
	'schema',
	'parameters',
	'input_schema',
	'input_examples',
	'arguments',
	'input',
	'output',
	'content',
	'variables',
	'guided_json',
	'structured_outputs',
	'json_schema',
	'format',
	'documents',
	'chat_template_kwargs',
]);

/** Members of those above that may also hold an object of a fixed structure, and the members that show it. */
const FIXED_STRUCTURES: Readonly<Record<string, readonly string[]>> = {
	json_schema: ['schema'],
	format: ['schema', 'definition'],
	output: ['type'],
	content: ['type'],
};

const ORDERED_LISTS: ReadonlySet<string> = new Set(['input_examples', 'documents']);

function isOrdered(name: string, value: unknown): boolean {
	if (!ORDERED_MEMBERS.has(name) || typeof value !== 'object' || value === null) return false;
	if (Array.isArray(value)) return ORDERED_LISTS.has(name);
	return !FIXED_STRUCTURES[name]?.some((member) => member in value);
}

/**
 * JSON Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units (§3.2.3), numbers and strings as
 * ECMAScript writes them (§3.2.2), no white space. Objects whose order reaches the model keep
 * it; those that were sorted already are written as the scheme writes them.
 */
export function canonicalJson(value: JsonValue | readonly unknown[] | Readonly<Record<string, unknown>>): string {
	return write(value, false);
}

/** Bigints are whole numbers with more digits than a number has; infinities what is beyond any number (`1e400`). */
function writeScalar(value: unknown): string {
	if (value === undefined) return 'null';
	if (typeof value === 'bigint' || value === Infinity || value === -Infinity) return String(value);
	return JSON.stringify(value);
}

function write(value: unknown, ordered: boolean): string {
	if (value === null || typeof value !== 'object') return writeScalar(value);
	if (Array.isArray(value)) {
		let text = '[';
		for (let index = 0; index < value.length; index++) text += (index ? ',' : '') + write(value[index], ordered);
		return text + ']';
	}
	const record = value as Record<string, unknown>;
	let text = '';
	const names = Object.keys(record);
	for (const name of ordered ? names : names.sort()) {
		const member = record[name];
		if (member === undefined) continue;
		text += `${text ? ',' : ''}${JSON.stringify(name)}:${write(member, ordered || isOrdered(name, member))}`;
	}
	return `{${text}}`;
}
