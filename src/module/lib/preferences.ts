/** Reads the value that this browser remembers under `name`; null if there is none or it is not JSON. */
export function readStored(name: string): unknown {
	try {
		return JSON.parse(localStorage.getItem(`ai-cache-${name}`) ?? 'null');
	} catch {
		return null;
	}
}

/** Remembers `value` in this browser. Does nothing if the browser stores nothing, for example in a private window. */
export function writeStored(name: string, value: unknown): void {
	try {
		localStorage.setItem(`ai-cache-${name}`, JSON.stringify(value));
	} catch {
		// The storage is full or blocked.
	}
}

/** The sizes that Directus' own lists offer, up to the API's largest page. */
export const PAGE_SIZES = [25, 50, 100, 200] as const;

/** Reads a remembered page size; the smallest if it is not one of `PAGE_SIZES`. */
export function parsePageSize(stored: unknown): number {
	return PAGE_SIZES.find((size) => size === stored) ?? PAGE_SIZES[0];
}

/** The narrowest column that Directus' tables can draw. */
const MIN_WIDTH_PX = 32;

/** Reads remembered column widths by column name; drops everything that is not a width. */
export function parseColumnWidths(stored: unknown): Record<string, number> {
	if (typeof stored !== 'object' || stored === null) return {};
	return Object.fromEntries(
		Object.entries(stored).filter(
			(pair): pair is [string, number] => typeof pair[1] === 'number' && pair[1] >= MIN_WIDTH_PX,
		),
	);
}
