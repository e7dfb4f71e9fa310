import type { EntrySummary } from '../../contract.ts';

/** The beginning of an answer as one line of plain text: without Markdown's marks of emphasis, code, headings and lists. */
export function stripMarkdown(markdown: string): string {
	return markdown
		.replace(/\*\*|`+/g, '')
		.replace(/^[ \t]*(?:#{1,6}|[-*>])\s+/gm, '')
		.replace(/\s+/g, ' ')
		.trim();
}

/** An entry's answer in one line; `without` says why there is none: it may not be shown, is a vector, or has no words. */
export function buildPreview(entry: Pick<EntrySummary, 'preview' | 'operation'>): {
	text: string;
	without: 'content_hidden' | 'vector' | 'no_text' | null;
} {
	if (entry.preview === undefined) return { text: '', without: 'content_hidden' };
	const text = stripMarkdown(entry.preview);
	if (text !== '') return { text, without: null };
	return { text, without: entry.operation === 'embeddings' ? 'vector' : 'no_text' };
}
