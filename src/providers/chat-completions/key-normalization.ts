import type { NormalForm } from '../json/normalize.ts';

/**
 * What cannot change a chat completion: how it is delivered (`stream`, `stream_options`), who asks and how that is
 * booked (`user`, `safety_identifier`, `metadata`, `service_tier`, `store`), where the provider's own prompt cache
 * looks and what it keeps (`prompt_cache_…`). Everything else counts, parameters that nobody knows included.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export const DELIVERY_PARAMETERS: ReadonlySet<string> = new Set([
	'stream',
	'stream_options',
	'user',
	'metadata',
	'safety_identifier',
	'prompt_cache_key',
	'prompt_cache_retention',
	'prompt_cache_options',
	'service_tier',
	'store',
]);

/** `parameters` and `schema` hold JSON schemas, `arguments` what a tool was called with. */
export const CALLERS_OWN: ReadonlySet<string> = new Set(['parameters', 'schema', 'arguments']);

/** Marks for the provider's own prompt cache. https://platform.openai.com/docs/guides/prompt-caching */
export const PROMPT_CACHE_MARKS: ReadonlySet<string> = new Set(['prompt_cache_breakpoint', 'cache_control']);

export const CHAT_FORM: NormalForm = {
	omit: DELIVERY_PARAMETERS,
	opaque: CALLERS_OWN,
	marks: PROMPT_CACHE_MARKS,
	textMembers: new Set(['content']),
	textTypes: new Set(['text']),
};
