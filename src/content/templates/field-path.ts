import type { Relation, SchemaOverview } from '@directus/types';

import { InvalidTemplateError } from '../errors.ts';
import type { Placeholder } from './placeholders.ts';

/** One relation on the way of a path. `segment` is how the path names it: `author`, `item:headings`. */
export type Hop = { segment: string; field: string; collection: string; relation: Relation } & (
	| { kind: 'one' }
	| { kind: 'many' }
	/** Many-to-any: `collectionField` of the row says which collection its item is of. */
	| { kind: 'any'; collectionField: string }
);

/** A placeholder's path, checked against the schema. */
export interface FieldPath {
	path: string;
	hops: readonly Hop[];
	/** Collection that the last field is of. */
	collection: string;
	field: string;
	/** Directus' type of the last field, as `string`, `csv`. */
	type: string;
	/** Where the last field is a relation to one item: the primary key's name there. Its key is what is rendered. */
	keyField: string | null;
}

/** Fields that Directus masks or encrypts; they have no readable value. */
const SECRETS = ['conceal', 'hash', 'encrypt'];

/** Throws a 400 that names the field where the path is none that can be rendered. */
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
		if (isCycle(hops, hop)) throw refuse(`"${segment}" goes in a circle back to where the path has been`);
		hops.push(hop);
		collection = hop.collection;
	}
	return { path, hops, collection, ...resolveLastField(last, collection, schema, refuse) };
}

/** The relation that a to-one field of the collection is. */
export const findToOneRelation = (schema: SchemaOverview, collection: string, field: string): Relation | undefined =>
	schema.relations.find((relation) => relation.collection === collection && relation.field === field);

/** The relation that a to-many field of the collection is the other side of. */
export const findToManyRelation = (schema: SchemaOverview, collection: string, field: string): Relation | undefined =>
	schema.relations.find((relation) => relation.related_collection === collection && relation.meta?.one_field === field);

type CreatePathError = (reason: string) => Error;

function resolveHop(segment: string, collection: string, schema: SchemaOverview, refuse: CreatePathError): Hop {
	const [field = '', scope] = segment.split(':');
	requireField(field, collection, schema, refuse);
	const many = findToManyRelation(schema, collection, field);
	const relation = many ?? findToOneRelation(schema, collection, field);
	if (!relation) throw refuse(`"${field}" of "${collection}" is no relation`);
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
		throw refuse(`"${field}" of "${collection}" leads to one collection alone: leave out ":${scope}"`);
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
		throw refuse(`"${field}" of "${collection}" is a relation to many: name a field of it, as "${field}.id"`);
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
	if (!overview) throw refuse(`"${field}" is no field of "${collection}"`);
	return overview;
}

function requireCollection(collection: string, schema: SchemaOverview, refuse: CreatePathError): string {
	if (!Object.hasOwn(schema.collections, collection)) throw refuse(`"${collection}" is no collection`);
	return collection;
}

/**
 * `author.articles.title` (the author's other articles) is no circle; going on to `.author` would cross the same
 * relation the same way again after having come back over it. `parent.parent.title` never comes back.
 */
function isCycle(hops: readonly Hop[], next: Hop): boolean {
	const before = hops.filter((hop) => hop.relation === next.relation);
	const back = before.findIndex((hop) => (hop.kind === 'many') !== (next.kind === 'many'));
	return back !== -1 && before.slice(0, back).length > 0;
}
