import type { JsonValue } from '../../shared/api-types.ts';

/**
 * - `complete`: the model finished its answer.
 * - `truncated`: a token limit cut it.
 * - `filtered`: the provider held something back.
 * - `paused`: half an answer, to be carried on.
 * - `failed`: something broke.
 * - `unknown`: an unlisted word.
 * - `missing`: no ending came.
 */
export type EndingKind = 'complete' | 'truncated' | 'filtered' | 'paused' | 'failed' | 'unknown' | 'missing';

/**
 * The words by which providers, and servers that speak their protocols, say how an answer ended. Case does not count.
 * Only a word listed as `complete` makes an answer fit to be stored; docs/sdks.md names them.
 */
const WORDS: Readonly<Record<Exclude<EndingKind, 'unknown' | 'missing'>, readonly string[]>> = {
	complete: [
		'stop',
		'tool_calls',
		'function_call',
		'end_turn',
		'stop_sequence',
		'tool_use',
		'completed',
		'complete',
		'eos',
		'eos_token',
	],
	truncated: [
		'length',
		'max_tokens',
		'model_length',
		'max_output_tokens',
		'max_completion_tokens',
		'model_context_window_exceeded',
	],
	filtered: [
		'content_filter',
		'content_filtered',
		'refusal',
		'safety',
		'sensitive',
		'recitation',
		'blocklist',
		'prohibited_content',
		'spii',
		'guardrail_intervened',
	],
	paused: ['pause_turn', 'incomplete', 'in_progress', 'queued'],
	failed: [
		'error',
		'failed',
		'cancelled',
		'abort',
		'insufficient_system_resource',
		'network_error',
		'malformed_function_call',
	],
};

const KINDS: ReadonlyMap<string, EndingKind> = new Map(
	Object.entries(WORDS).flatMap(([kind, words]) => words.map((word) => [word, kind as EndingKind])),
);

/** Returns the provider's word for how an answer ended, or null. Blank text and the text `null` do not count. */
export function readEnding(value: JsonValue | undefined): string | null {
	if (typeof value !== 'string') return null;
	return value.trim() === '' || value === 'null' ? null : value;
}

/** Classifies a provider's word. */
export function classifyEnding(word: string | null): EndingKind {
	return word === null ? 'missing' : (KINDS.get(word.toLowerCase()) ?? 'unknown');
}

/**
 * Returns the reason for not storing an answer that ended with this word, or null if it may be stored: `unfinished`,
 * `truncated`, `unknown_finish`, or the word itself.
 */
export function refuseEnding(word: string | null, storeTruncated: boolean): string | null {
	const kind = classifyEnding(word);
	if (kind === 'complete' || (kind === 'truncated' && storeTruncated)) return null;
	if (kind === 'missing') return 'unfinished';
	if (kind === 'unknown') return 'unknown_finish';
	return kind === 'truncated' ? kind : word!.toLowerCase();
}

/**
 * Chooses between two endings of one stream: an empty one never replaces another, and a good one never replaces a bad
 * one.
 */
export function laterEnding(before: JsonValue | undefined, after: JsonValue | undefined): JsonValue {
	const earlier = readEnding(before);
	const later = readEnding(after);
	if (earlier === null) return later ?? before ?? after ?? null;
	return later === null || classifyEnding(earlier) !== 'complete' ? earlier : later;
}
