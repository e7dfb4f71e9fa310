import type { JsonObject } from '../../shared/api-types.ts';
import { normalise, type NormalForm } from '../json/normalize.ts';

/**
 * What cannot change a message: how it is delivered (`stream`, and of a tool `eager_input_streaming`: its input in
 * pieces as they come), how it is booked (`metadata`, `service_tier`), and the marks for Anthropic's own prompt cache,
 * wherever they stand. What a tool is called with (`input`), its schema and its examples are the caller's own: a member
 * of that name there is no mark.
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
