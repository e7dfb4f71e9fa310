import type { Relation, SchemaOverview } from '@directus/types';

import type { ContentChange } from '../cache/dependencies.ts';
import { isItem, keyOf } from './item.ts';

/**
 * Changes of collections, fields and relations. Directus fires them in two forms: by its own services with the
 * collection's name in `collection` (or `keys`), and by the rows of `directus_collections` and its sisters, where
 * `collection` is that table and the name stands in the payload.
 */
export function schemaChanges(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	schema: SchemaOverview | null,
): ContentChange[] {
	const names = new Set([...namesIn(scope, action, meta, schema)].filter((name) => name !== ''));
	const rows: ContentChange = { kind: 'sort', collection: `directus_${scope}` };
	return [...[...names].map((collection) => ({ kind: 'schema', collection }) as const), rows];
}

function namesIn(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	schema: SchemaOverview | null,
): string[] {
	const { collection, payload } = meta;
	const keys = [meta['keys'] ?? meta['key'] ?? payload ?? []]
		.flat()
		.filter((key) => typeof key !== 'object')
		.map(keyOf);
	if (scope === 'collections') return keys;
	const own = typeof collection === 'string' && !collection.startsWith(`directus_${scope}`) ? [collection] : [];
	const row = isItem(payload) ? payload : {};
	if (scope === 'fields') return [...own, ...texts(row['collection'])];
	const named = [row['many_collection'], row['one_collection'], row['one_allowed_collections']].flatMap(texts);
	const known = (schema?.relations ?? []).filter((relation) => concerns(relation, action, own, keys));
	// Directus tells of a deletion with the schema as it is after it: where the relation led to stands nowhere any more.
	const anywhere = action === 'delete' && known.length === 0 ? Object.keys(schema?.collections ?? {}) : [];
	return [
		...own,
		...named,
		...anywhere,
		...known.flatMap((relation) => [
			relation.collection,
			...(relation.related_collection ? [relation.related_collection] : []),
		]),
	];
}

/** `relations.update` has the keys of rows, `relations.delete` a collection with the names of its fields. */
function concerns(relation: Relation, action: string, own: string[], keys: string[]): boolean {
	if (action === 'delete') return own.includes(relation.collection) && keys.includes(relation.field);
	return relation.meta !== null && keys.includes(String(relation.meta.id));
}

function texts(value: unknown): string[] {
	if (Array.isArray(value)) return value.filter((part) => typeof part === 'string');
	return typeof value === 'string' ? value.split(',') : [];
}
