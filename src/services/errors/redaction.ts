const REDACTED = '[redacted]';

/** Keys and tokens by what they begin with: a provider's, and whatever was sent as one. */
const KEY_SHAPES = /\bsk-[\w-]{16,}|(?<=\bBearer )[\w.~+/-]{16,}=*/g;
/** What a provider puts in place of most characters of a key, and the characters that it leaves after it. */
const MASKED = /(\*{3,}|\.{3}|…)([\w-]*)/g;
const KEY_CHARACTER = /[\w-]/;

/** The text without the key, wherever it stands in full. */
export const withoutKey = (text: string, key: string): string => text.replaceAll(key, REDACTED);

/**
 * A provider's refusal of a key without the key, in full or masked as some repeat it (`sk-…7f3c`), and without anything
 * else that has a key's shape. Ids, model names and all other words stay.
 */
export function withoutKeyRemains(text: string, key: string): string {
	const shapeless = withoutKeyShapes(withoutKey(text, key));
	let clean = '';
	let done = 0;
	for (const { 0: found, 1: mask = '', 2: end = '', index } of shapeless.matchAll(MASKED)) {
		// Read back from the mask: an expression that began before it would read a long word anew from each character.
		let begin = index;
		while (begin > done && KEY_CHARACTER.test(shapeless[begin - 1]!)) begin--;
		const start = shapeless.slice(begin, index);
		const isOfKey = (start !== '' && key.startsWith(start)) || (end !== '' && key.endsWith(end));
		const isMasked = mask.startsWith('*') || isOfKey;
		clean += shapeless.slice(done, begin) + (isMasked ? REDACTED : start + found);
		done = index + found.length;
	}
	return clean + shapeless.slice(done);
}

/** The text without anything that has a key's shape. */
export const withoutKeyShapes = (text: string): string => text.replace(KEY_SHAPES, REDACTED);

const MAX_REASON = 500;

/** A provider's words as an error repeats them: without anything that has a key's shape, and of a bounded length. */
export const shortenReason = (words: string): string => withoutKeyShapes(words).slice(0, MAX_REASON);
