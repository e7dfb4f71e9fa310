import type { NormalForm } from '../normalise.ts';

/**
 * What cannot change a chat completion: how it is delivered (`stream`, `stream_options`), who asks and how that is
 * booked (`user`, `safety_identifier`, `metadata`, `service_tier`, `store`), where the provider's own prompt cache
 * looks (`prompt_cache_key`). Everything else counts, parameters that nobody knows included.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export const DELIVERY_PARAMETERS: ReadonlySet<string> = new Set([
	'stream',
	'stream_options',
	'user',
	'metadata',
	'safety_identifier',
	'prompt_cache_key',
	'service_tier',
	'store',
]);

/** `parameters` and `schema` hold JSON schemas, `arguments` what a tool was called with. */
export const CALLERS_OWN: ReadonlySet<string> = new Set(['parameters', 'schema', 'arguments']);

export const CHAT_FORM: NormalForm = {
	omit: DELIVERY_PARAMETERS,
	opaque: CALLERS_OWN,
	textMembers: new Set(['content']),
	textTypes: new Set(['text']),
};
