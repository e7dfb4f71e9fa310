import type { Relation, SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/dependencies.ts';
import { isItem, type Item, formatKey } from '../item.ts';

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
	observe(event: unknown, schema: SchemaOverview | null): void {
		if (event === 'fields.delete' || event === 'collections.delete') this.#before = schema;
		else if (event === 'relations.create' || event === 'relations.update') this.#before = null;
	}
}

/**
 * Changes of collections, fields and relations. Directus fires them in two forms: by its own services with the
 * collection's name in `collection` (or `keys`), and by the rows of `directus_collections` and its sisters, where
 * `collection` is that table and the name stands in the payload.
 */
export function deriveSchemaChanges(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	schemas: Schemas,
): ContentChange[] {
	const light = describeMinorChange(scope, action, meta);
	if (light !== null) return light;
	const names = new Set([...collectCollectionNames(scope, action, meta, schemas)].filter((name) => name !== ''));
	const rows: ContentChange = { kind: 'sort', collection: `directus_${scope}` };
	return [...[...names].map((collection) => ({ kind: 'schema', collection }) as const), rows];
}

/** What says nothing of the fields and relations that there are already. Null if the change may. */
function describeMinorChange(
	scope: string,
	action: string,
	{ collection, payload }: Readonly<Record<string, unknown>>,
): ContentChange[] | null {
	if (typeof collection !== 'string' || !isItem(payload)) return null;
	if (scope === 'relations' && action === 'create') return describeNewRelation(payload);
	if (scope !== 'fields' || collection.startsWith('directus_fields')) return null;
	if (action === 'create') return describeNewField(collection, payload);
	return action === 'update' && isAppearance(payload) ? [] : null;
}

/** Nothing was made from a new field. Only what depends on the collection, or on items, as a whole may miss it. */
function describeNewField(collection: string, payload: Item): ContentChange[] {
	if (payload['type'] === 'alias') return [];
	const column = isItem(payload['schema']) ? payload['schema'] : {};
	const isEmpty = column['default_value'] === undefined || column['default_value'] === null;
	const fields = readTexts(payload['field']);
	return [{ kind: 'update', collection, items: isEmpty ? [] : [ANY_ITEM], fields }];
}

/** Nothing was made by way of a new relation. Its two fields are new to what depends on the items as a whole. */
function describeNewRelation(payload: Item): ContentChange[] | null {
	const { many_collection: many, one_collection: one } = payload;
	if (typeof many !== 'string') return null;
	const allowed = readTexts(payload['one_allowed_collections']);
	const change = (collection: string, field: unknown): ContentChange => ({
		kind: 'update',
		collection,
		items: [ANY_ITEM],
		fields: readTexts(field),
	});
	return [
		change(many, payload['many_field']),
		...[...readTexts(one), ...allowed].map((collection) => change(collection, payload['one_field'])),
		{ kind: 'sort', collection: 'directus_relations' },
	];
}

/** How the Studio shows a field: its place, width, interface and words. */
const APPEARANCE = new Set([
	...['field', 'collection', 'id', 'sort', 'group', 'width', 'interface', 'options', 'display', 'display_options'],
	...['note', 'translations', 'hidden', 'readonly', 'required', 'conditions', 'searchable'],
]);

function isAppearance(payload: Item): boolean {
	const { meta = {}, ...rest } = payload;
	const isShown = (part: Item): boolean => Object.keys(part).every((name) => APPEARANCE.has(name));
	return isItem(meta) && Object.keys(meta).length > 0 && isShown(meta) && isShown(rest);
}

function collectCollectionNames(
	scope: string,
	action: string,
	meta: Readonly<Record<string, unknown>>,
	{ schema, before }: Schemas,
): string[] {
	const { collection, payload } = meta;
	const keys = [meta['keys'] ?? meta['key'] ?? payload ?? []]
		.flat()
		.filter((key) => typeof key !== 'object')
		.map(formatKey);
	if (scope === 'collections') return keys;
	const own = typeof collection === 'string' && !collection.startsWith(`directus_${scope}`) ? [collection] : [];
	const row = isItem(payload) ? payload : {};
	if (scope === 'fields') return [...own, ...readTexts(row['collection'])];
	const named = [row['many_collection'], row['one_collection'], row['one_allowed_collections']].flatMap(readTexts);
	const relations = [...(schema?.relations ?? []), ...(before?.relations ?? [])];
	const known = relations.filter((relation) => isAffected(relation, action, own, keys));
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
function isAffected(relation: Relation, action: string, own: string[], keys: string[]): boolean {
	if (action === 'delete') return own.includes(relation.collection) && keys.includes(relation.field);
	return relation.meta !== null && keys.includes(String(relation.meta.id));
}

function readTexts(value: unknown): string[] {
	if (Array.isArray(value)) return value.filter((part) => typeof part === 'string');
	return typeof value === 'string' ? value.split(',') : [];
}
