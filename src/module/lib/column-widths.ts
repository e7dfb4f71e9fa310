/** Directus' tables let no column be drawn narrower. */
const NARROWEST_PX = 32;

/** Widths of columns by their name, as a browser remembers them; anything else is left out. */
export function widthsFrom(stored: unknown): Record<string, number> {
	if (typeof stored !== 'object' || stored === null) return {};
	return Object.fromEntries(
		Object.entries(stored).filter(
			(pair): pair is [string, number] => typeof pair[1] === 'number' && pair[1] >= NARROWEST_PX,
		),
	);
}
