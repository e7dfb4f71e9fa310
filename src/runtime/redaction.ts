const REDACTED = '[redacted]';

/** Keys and tokens by what they begin with: a provider's, and whatever was sent as one. */
const KEY_SHAPES = /\bsk-[\w-]{16,}|(?<=\bBearer )[\w.~+/-]{16,}=*/g;
/** A key in which a provider has put stars, or dots, in place of most characters. */
const MASKED = /([\w-]*)(\*{3,}|\.{3}|…)([\w-]*)/g;

/** The text without the key, wherever it stands in full. */
export const withoutKey = (text: string, key: string): string => text.replaceAll(key, REDACTED);

/**
 * A provider's refusal of a key without the key, in full or masked as some repeat it (`sk-…7f3c`), and without anything
 * else that has a key's shape. Ids, model names and all other words stay.
 */
export function withoutKeyRemains(text: string, key: string): string {
	return withoutKeyShapes(withoutKey(text, key)).replace(
		MASKED,
		(found: string, start: string, mask: string, end: string) => {
			const isOfKey = (start !== '' && key.startsWith(start)) || (end !== '' && key.endsWith(end));
			return mask.startsWith('*') || isOfKey ? REDACTED : found;
		},
	);
}

/** The text without anything that has a key's shape. */
export const withoutKeyShapes = (text: string): string => text.replace(KEY_SHAPES, REDACTED);
