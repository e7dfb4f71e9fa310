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
 * Member names of the structures that providers read by name: messages, content parts, tools, options. The order of
 * members counts in every object that has any other name, because the object may reach the model as text. A name that
 * is missing here costs a miss if a client changes the order, never a wrong answer.
 */
const PROTOCOL_NAMES: ReadonlySet<string> = new Set(
	`role content type text name id function tool_calls tool_call_id tool_use_id call_id arguments input output
	image_url url detail input_audio data format audio voice file file_id file_data filename source media_type
	title context citations enabled is_error strict description parameters input_schema input_examples json_schema
	schema definition response_format tool_choice mode tools allowed_tools disable_parallel_tool_use thinking
	budget_tokens signature effort summary generate_summary verbosity reasoning reasoning_content refusal annotations
	status action queries encrypted_content phase prefix index logprobs user_location city country region timezone
	approximate search_context_size filters allowed_domains blocked_domains max_uses vector_store_ids max_num_results
	ranking_options ranker score_threshold display_width_px display_height_px display_number include_obfuscation
	variables version prediction container_id size quality background task model`.split(/\s+/),
);

/**
 * Members whose objects reach the model as text, in the order that they were written in, at every depth: JSON schemas,
 * tool arguments and template variables. A model answers in the order of its schema. `input` as a list is the
 * conversation itself.
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
 * ECMAScript writes them (§3.2.2), no white space. Objects whose order may reach the model keep it; the value's own
 * members, and the members of objects directly in a list that is the value, are always sorted.
 */
export function canonicalJson(value: JsonValue | readonly unknown[] | Readonly<Record<string, unknown>>): string {
	return write(value, 'sorted');
}

/** `sorted`: all members; `known`: only objects of protocol structures; `kept`: none, at any depth. */
type MemberOrder = 'sorted' | 'known' | 'kept';

/** Bigints are whole numbers with more digits than a number has; infinities what is beyond any number (`1e400`). */
function writeScalar(value: unknown): string {
	if (value === undefined) return 'null';
	if (typeof value === 'bigint' || value === Infinity || value === -Infinity) return String(value);
	return JSON.stringify(value);
}

function write(value: unknown, order: MemberOrder): string {
	if (value === null || typeof value !== 'object') return writeScalar(value);
	if (Array.isArray(value)) {
		let text = '[';
		for (let index = 0; index < value.length; index++) text += (index ? ',' : '') + write(value[index], order);
		return text + ']';
	}
	const record = value as Record<string, unknown>;
	const names = Object.keys(record);
	const isKept = order === 'kept' || (order === 'known' && !names.every((name) => PROTOCOL_NAMES.has(name)));
	let text = '';
	for (const name of isKept ? names : names.sort()) {
		const member = record[name];
		if (member === undefined) continue;
		const inner = isKept || isOrdered(name, member) ? 'kept' : 'known';
		text += `${text ? ',' : ''}${JSON.stringify(name)}:${write(member, inner)}`;
	}
	return `{${text}}`;
}
