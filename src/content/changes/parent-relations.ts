import type { Relation, SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/dependencies.ts';
import { isItem, type Item, formatKey } from '../item.ts';

/**
 * The items that have more in a to-many field now: those that the payload's foreign keys name. Directus reports the
 * child alone, as `comments` with `article: 5`, also where the child was written nested in its parent.
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
 * The to-many fields that have fewer items now: of a deletion, or of an update that writes a foreign key. Which items
 * lost something is what `departuresOf` finds out; this is for who depends on the field in the collection as a whole.
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
 * To-many fields whose foreign key Directus itself fills in, as `user_created`. Its events name neither the user who is
 * in it now nor the one before: a version's change is that of whoever saved it.
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

/** The collections of which the database may delete or empty rows along with a deletion in this one. */
export const listReferencingCollections = (collection: string, schema: SchemaOverview | null): string[] => [
	...new Set(listReferencingRelations(collection, schema).map((relation) => relation.collection)),
];

/** Relations with a constraint in the database, whose foreign key points at the collection. */
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

/** The to-many fields of other collections that rows of this one are listed in, by their foreign keys. */
export function listToManyEnds(collection: string, schema: SchemaOverview | null): ToManyEnd[] {
	return (schema?.relations ?? []).flatMap(({ collection: child, field, related_collection: parent, meta }) =>
		child === collection && parent !== null && meta?.one_field ? [{ field, parent, parentField: meta.one_field }] : [],
	);
}
