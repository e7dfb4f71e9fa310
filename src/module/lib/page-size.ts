/** As Directus' own lists offer, up to what one answer of the API may hold. */
export const PAGE_SIZES = [25, 50, 100, 200] as const;

/** The page size that a browser remembers; the smallest where it remembers none of those on offer. */
export function pageSizeFrom(stored: unknown): number {
	return PAGE_SIZES.find((size) => size === stored) ?? PAGE_SIZES[0];
}
