import type { Relation, SchemaOverview } from '@directus/types';

import type { ContentChange } from '../cache/dependencies.ts';
import { isItem, keyOf } from './item.ts';

/** As in `ChangeContext`. */
interface Schemas {
	schema: SchemaOverview | null;
	before?: SchemaOverview | null;
}

/**
 * Carries the schema from before a field or a collection is deleted to the events of that deletion, which have the
 * schema as it is after it.
 */
export class SchemaMemory {
	#before: SchemaOverview | null = null;

	/** Null where nothing was deleted, or where a relation was made or changed since, which it knows nothing of. */
	get before(): SchemaOverview | null {
		return this.#before;
	}

	/** To be called in a filter before each change, with the event and the schema that it was given. */
	meet(event: unknown, schema: SchemaOverview | null): void {
		if (event === 'fields.delete' || event === 'collections.delete') this.#before = schema;
		else if (event === 'relations.create' || event === 'relations.update') this.#before = null;
	}
}

/**
 * Changes of collections, fields and relations. Directus fires them in two forms: by its own services with the
 * collection's name in `collection` (or `keys`), and by the rows of `directus_collections` and its sisters, where
 * `collection` is that table and the name stands in the payload.
 */
export function schemaChanges(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	schemas: Schemas,
): ContentChange[] {
	const names = new Set([...namesIn(scope, action, meta, schemas)].filter((name) => name !== ''));
	const rows: ContentChange = { kind: 'sort', collection: `directus_${scope}` };
	return [...[...names].map((collection) => ({ kind: 'schema', collection }) as const), rows];
}

function namesIn(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	{ schema, before }: Schemas,
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
	const relations = [...(schema?.relations ?? []), ...(before?.relations ?? [])];
	const known = relations.filter((relation) => concerns(relation, action, own, keys));
	// Directus tells of a deletion with the schema as it is after it. Where a relation was deleted alone, nobody was
	// told before: where it led to stands nowhere any more.
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
