import type { Hop } from './templates/field-path.ts';

/** An item as Directus' services give it. */
export type Item = Record<string, unknown>;

export const isItem = (value: unknown): value is Item =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Directus gives one item's key as a number here and as a string there. */
export const formatKey = (key: unknown): string => (typeof key === 'string' ? key : String(key));

/**
 * The items that a relation leads to, those that the caller may not read left out. Null where Directus did not read
 * the relation, which is its way of refusing: it leaves it out, or gives null for a list.
 */
export function getRelatedItems(hop: Hop, item: Item): Item[] | null {
	const value = item[hop.field];
	if (value === undefined) return null;
	if (hop.kind === 'any' && item[hop.collectionField] !== hop.collection) return [];
	if (hop.kind === 'many') return Array.isArray(value) ? value.filter(isItem) : null;
	return isItem(value) ? [value] : [];
}
