import type { Relation, SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/tags/tags.ts';
import { isItem, type Item, formatKey } from '../item.ts';

/**
 * Finds the items whose to-many field gains a row: the targets of the payload's foreign keys. Directus reports only the
 * child, such as `comments` with `article: 5`, even if the child was written nested in its parent.
 */
export function findJoinedParents(
	collection: string,
	payload: Item,
	schema: SchemaOverview | null,
	action: 'create' | 'update',
): ContentChange[] {
	return listToManyEnds(collection, schema).flatMap(({ field, parent, parentField }) => {
		const fallback = schema?.collections[collection]?.fields[field]?.defaultValue as unknown;
		const value = action === 'create' && !(field in payload) ? fallback : payload[field];
		const key = isItem(value) ? value[schema?.collections[parent]?.primary ?? ''] : value;
		if (key === undefined || key === null) return [];
		return [{ kind: 'relation', collection: parent, items: [formatKey(key)], fields: [parentField] } as const];
	});
}

/**
 * Finds the to-many fields that lose rows by a deletion or by an update that writes a foreign key. For answers that
 * depend on the field in the whole collection; `findRemovedRelations` finds the single items.
 */
export function findLeftParents(
	collection: string,
	payload: Item | null,
	schema: SchemaOverview | null,
): ContentChange[] {
	return listToManyEnds(collection, schema)
		.filter(({ field }) => payload === null || field in payload)
		.map(({ parent, parentField }) => ({ kind: 'relation', collection: parent, items: [], fields: [parentField] }));
}

/**
 * Finds the to-many fields whose foreign key Directus fills in itself, such as `user_created`. Events contain neither
 * the new user nor the previous one. Promoting a version sets the user who saved the version.
 */
export function findAutoFilledParents(
	collection: string,
	schema: SchemaOverview | null,
	action: 'create' | 'update',
): ContentChange[] {
	const fields = schema?.collections[collection]?.fields ?? {};
	return listToManyEnds(collection, schema)
		.filter(({ field }) => fields[field]?.special.some((special) => AUTO_FILLED[action].includes(special)))
		.map(({ parent, parentField }) => ({
			kind: 'relation',
			collection: parent,
			items: [ANY_ITEM],
			fields: [parentField],
		}));
}

const AUTO_FILLED = { create: ['user-created', 'role-created'], update: ['user-updated', 'role-updated'] };

/** Lists the collections in which a deletion in this collection may delete or clear rows. */
export const listReferencingCollections = (collection: string, schema: SchemaOverview | null): string[] => [
	...new Set(listReferencingRelations(collection, schema).map((relation) => relation.collection)),
];

/** Lists the relations with a database constraint whose foreign key points at the collection. */
export const listReferencingRelations = (collection: string, schema: SchemaOverview | null): Relation[] =>
	(schema?.relations ?? []).filter(
		({ related_collection, schema: constraint }) => related_collection === collection && constraint !== null,
	);

export interface ToManyEnd {
	/** The foreign key in the child. */
	field: string;
	parent: string;
	/** The to-many field in the parent. */
	parentField: string;
}

/** Lists the to-many fields of other collections that list rows of this collection by foreign key. */
export function listToManyEnds(collection: string, schema: SchemaOverview | null): ToManyEnd[] {
	return (schema?.relations ?? []).flatMap(({ collection: child, field, related_collection: parent, meta }) =>
		child === collection && parent !== null && meta?.one_field ? [{ field, parent, parentField: meta.one_field }] : [],
	);
}
