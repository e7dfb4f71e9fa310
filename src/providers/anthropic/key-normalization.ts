import type { JsonObject } from '../../shared/api-types.ts';
import { normalise, type NormalForm } from '../json/normalize.ts';

/**
 * Members that cannot change a message: delivery (`stream`, a tool's `eager_input_streaming`), accounting (`metadata`,
 * `service_tier`), and the marks for Anthropic's prompt cache at any depth. A tool's input, its schema and its examples
 * are the caller's own data: a member with a mark's name in there is not a mark.
 * https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
 */
const FORM: NormalForm = {
	omit: new Set(['stream', 'metadata', 'service_tier']),
	opaque: new Set(['input', 'input_schema', 'input_examples', 'schema']),
	marks: new Set(['cache_control', 'eager_input_streaming']),
	textMembers: new Set(['content', 'system']),
	textTypes: new Set(['text']),
};

export const anthropicFingerprintBody = (body: JsonObject): JsonObject => normalise(body, FORM);
