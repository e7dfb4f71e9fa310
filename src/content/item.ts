import type { Hop } from './templates/field-path.ts';

/** An item as Directus' services return it. */
export type Item = Record<string, unknown>;

export const isItem = (value: unknown): value is Item =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Directus returns the same key as a number in one place and as a string in another. */
export const formatKey = (key: unknown): string => (typeof key === 'string' ? key : String(key));

/**
 * Returns the related items that the caller may read. Returns null if the caller may not read the relation: Directus
 * then omits the field, or returns null for a list.
 */
export function getRelatedItems(hop: Hop, item: Item): Item[] | null {
	const value = item[hop.field];
	if (value === undefined) return null;
	if (hop.kind === 'any' && item[hop.collectionField] !== hop.collection) return [];
	if (hop.kind === 'many') return Array.isArray(value) ? value.filter(isItem) : null;
	return isItem(value) ? [value] : [];
}
