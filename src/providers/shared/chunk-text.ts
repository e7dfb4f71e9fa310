const PIECE_LENGTH = 64;

/**
 * Splits a text as a provider would stream it: about 64 characters each, after white space if possible, never within a
 * character. Joined, the pieces are the text. An empty text has no pieces.
 */
export function pieces(text: string): string[] {
	const found: string[] = [];
	let start = 0;
	while (start < text.length) {
		const end = pieceEnd(text, start);
		found.push(text.slice(start, end));
		start = end;
	}
	return found;
}

function pieceEnd(text: string, start: number): number {
	const limit = start + PIECE_LENGTH;
	if (limit >= text.length) return text.length;
	const space = text.lastIndexOf(' ', limit - 1);
	if (space > start) return space + 1;
	return isLowSurrogate(text.charCodeAt(limit)) ? limit + 1 : limit;
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
