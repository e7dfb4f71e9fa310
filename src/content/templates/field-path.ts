import type { Relation, SchemaOverview } from '@directus/types';

import { InvalidTemplateError } from '../errors.ts';
import type { Placeholder } from './placeholders.ts';

/** One relation in a path. `segment` is its name in the path: `author`, `item:headings`. */
export type Hop = { segment: string; field: string; collection: string; relation: Relation } & (
	| { kind: 'one' }
	| { kind: 'many' }
	/** Many-to-any: the row's `collectionField` names the collection of its item. */
	| { kind: 'any'; collectionField: string }
);

/** A placeholder's path, checked against the schema. */
export interface FieldPath {
	path: string;
	hops: readonly Hop[];
	/** The last field's collection. */
	collection: string;
	field: string;
	/** Directus' type of the last field, such as `string` or `csv`. */
	type: string;
	/** If the last field is a to-one relation: the related primary key's name. The related key is rendered. */
	keyField: string | null;
}

/** Directus masks or encrypts these fields, so they have no readable value. */
const SECRETS = ['conceal', 'hash', 'encrypt'];

/** Throws a 400 that names the field if the path cannot be rendered. */
export function resolvePath(
	{ path, where }: Placeholder,
	root: string,
	schema: SchemaOverview,
	maxDepth: number,
): FieldPath {
	const refuse = (reason: string): Error =>
		new InvalidTemplateError({ reason: `${reason} ({{${path}}} in ${where})`, field: path });
	const segments = path.split('.');
	const last = segments.pop() ?? '';
	if (segments.length > maxDepth)
		throw refuse(`Crosses ${segments.length} relations, more than the limit of ${maxDepth}`);
	const hops: Hop[] = [];
	let collection = root;
	for (const segment of segments) {
		const hop = resolveHop(segment, collection, schema, refuse);
		if (isCycle(hops, hop)) throw refuse(`"${segment}" leads back to an earlier part of the path`);
		hops.push(hop);
		collection = hop.collection;
	}
	return { path, hops, collection, ...resolveLastField(last, collection, schema, refuse) };
}

/** Returns the relation of a to-one field. */
export const findToOneRelation = (schema: SchemaOverview, collection: string, field: string): Relation | undefined =>
	schema.relations.find((relation) => relation.collection === collection && relation.field === field);

/** Returns the relation of a to-many field. */
export const findToManyRelation = (schema: SchemaOverview, collection: string, field: string): Relation | undefined =>
	schema.relations.find((relation) => relation.related_collection === collection && relation.meta?.one_field === field);

type CreatePathError = (reason: string) => Error;

function resolveHop(segment: string, collection: string, schema: SchemaOverview, refuse: CreatePathError): Hop {
	const [field = '', scope] = segment.split(':');
	requireField(field, collection, schema, refuse);
	const many = findToManyRelation(schema, collection, field);
	const relation = many ?? findToOneRelation(schema, collection, field);
	if (!relation) throw refuse(`"${field}" of "${collection}" is not a relation`);
	const allowed = relation.meta?.one_allowed_collections;
	const collectionField = relation.meta?.one_collection_field;
	if (!relation.related_collection && allowed && collectionField) {
		if (scope === undefined)
			throw refuse(`"${field}" leads to several collections: write "${field}:${allowed[0] ?? 'collection'}"`);
		if (!allowed.includes(scope)) throw refuse(`"${field}" of "${collection}" does not lead to "${scope}"`);
		return {
			kind: 'any',
			segment,
			field,
			collection: requireCollection(scope, schema, refuse),
			relation,
			collectionField,
		};
	}
	if (scope !== undefined)
		throw refuse(`"${field}" of "${collection}" leads to only one collection: leave out ":${scope}"`);
	const target = many ? relation.collection : (relation.related_collection ?? '');
	return {
		kind: many ? 'many' : 'one',
		segment,
		field,
		collection: requireCollection(target, schema, refuse),
		relation,
	};
}

function resolveLastField(
	field: string,
	collection: string,
	schema: SchemaOverview,
	refuse: CreatePathError,
): Pick<FieldPath, 'field' | 'type' | 'keyField'> {
	const overview = requireField(field, collection, schema, refuse);
	if (overview.special.some((special) => SECRETS.includes(special)) || overview.type === 'hash') {
		throw refuse(`"${field}" of "${collection}" is concealed`);
	}
	if (findToManyRelation(schema, collection, field)) {
		throw refuse(`"${field}" of "${collection}" is a to-many relation: name one of its fields, such as "${field}.id"`);
	}
	const relation = findToOneRelation(schema, collection, field);
	if (relation && !relation.related_collection) {
		throw refuse(`"${field}" leads to several collections: write "${field}:collection.field"`);
	}
	if (overview.alias) throw refuse(`"${field}" of "${collection}" has no value`);
	const related = relation?.related_collection ? schema.collections[relation.related_collection] : undefined;
	return { field, type: overview.type, keyField: related?.primary ?? null };
}

function requireField(
	field: string,
	collection: string,
	schema: SchemaOverview,
	refuse: CreatePathError,
): SchemaOverview['collections'][string]['fields'][string] {
	const fields = schema.collections[collection]?.fields;
	const overview = fields && Object.hasOwn(fields, field) ? fields[field] : undefined;
	if (!overview) throw refuse(`"${field}" is not a field of "${collection}"`);
	return overview;
}

function requireCollection(collection: string, schema: SchemaOverview, refuse: CreatePathError): string {
	if (!Object.hasOwn(schema.collections, collection)) throw refuse(`"${collection}" is not a collection`);
	return collection;
}

/**
 * `author.articles.title` (the author's other articles) is not a cycle. Continuing with `.author` would cross the same
 * relation in the same direction again after crossing it backwards. `parent.parent.title` never goes backwards.
 */
function isCycle(hops: readonly Hop[], next: Hop): boolean {
	const before = hops.filter((hop) => hop.relation === next.relation);
	const back = before.findIndex((hop) => (hop.kind === 'many') !== (next.kind === 'many'));
	return back !== -1 && before.slice(0, back).length > 0;
}
