/** The beginning of an answer as one line of plain text: without Markdown's marks of emphasis, code, headings and lists. */
export function plainLine(markdown: string): string {
	return markdown
		.replace(/\*\*|`+/g, '')
		.replace(/^\s*(?:#{1,6}|[-*>])\s+/gm, '')
		.replace(/\s+/g, ' ')
		.trim();
}
