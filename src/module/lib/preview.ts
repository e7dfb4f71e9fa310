import type { EntrySummary } from '../../shared/api-types.ts';

/** Returns Markdown as one line of plain text, without marks for emphasis, code, headings and lists. */
export function stripMarkdown(markdown: string): string {
	return markdown
		.replace(/\*\*|`+/g, '')
		.replace(/^[ \t]*(?:#{1,6}|[-*>])\s+/gm, '')
		.replace(/\s+/g, ' ')
		.trim();
}

/** Returns an entry's answer in one line. `without` is the reason why there is none: hidden, a vector, or no text. */
export function buildPreview(entry: Pick<EntrySummary, 'preview' | 'operation'>): {
	text: string;
	without: 'content_hidden' | 'vector' | 'no_text' | null;
} {
	if (entry.preview === undefined) return { text: '', without: 'content_hidden' };
	const text = stripMarkdown(entry.preview);
	if (text !== '') return { text, without: null };
	return { text, without: entry.operation === 'embeddings' ? 'vector' : 'no_text' };
}
