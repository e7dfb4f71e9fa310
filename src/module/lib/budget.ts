/** Reads a budget in US dollars as people type it, with a point or a comma; null for none. */
export function parseBudget(text: string | number | null): number | null | 'invalid' {
	const trimmed = String(text ?? '').trim();
	if (trimmed === '') return null;
	const value = Number(trimmed.replace(/^\$\s*/, '').replace(',', '.'));
	return Number.isFinite(value) && value > 0 ? value : 'invalid';
}
