import type { NormalForm } from '../json/normalize.ts';

/**
 * Parameters that cannot change a chat completion: delivery (`stream`, `stream_options`), caller and accounting
 * (`user`, `safety_identifier`, `metadata`, `service_tier`, `store`), and the provider's prompt cache
 * (`prompt_cache_…`). All others count, even unknown ones. https://platform.openai.com/docs/api-reference/chat/create
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
