import type { Relation, SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/tags/tags.ts';
import { isItem, type Item, formatKey } from '../item.ts';

/** See `ChangeContext`. */
interface Schemas {
	schema: SchemaOverview | null;
	before?: SchemaOverview | null;
}

/**
 * Passes the schema before the deletion of a field or collection to the action events of that deletion. Their own
 * context has only the schema after it.
 */
export class SchemaMemory {
	#before: SchemaOverview | null = null;

	/** Null if nothing was deleted, or if a relation was created or changed since. */
	get before(): SchemaOverview | null {
		return this.#before;
	}

	/** Call in a filter before each change, with the filter's event and schema. */
	observe(event: unknown, schema: SchemaOverview | null): void {
		if (event === 'fields.delete' || event === 'collections.delete') this.#before = schema;
		else if (event === 'relations.create' || event === 'relations.update') this.#before = null;
	}
}

/**
 * Derives changes of collections, fields and relations. Directus fires two forms of these events. Its schema services put
 * the collection's name into `collection` (or `keys`). Writes to rows of `directus_collections` and similar tables have
 * that table in `collection` and the name in the payload.
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

/** Describes a change that leaves existing fields and relations as they are. Returns null for any other change. */
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

/** No answer used a new field. Only answers that depend on whole collections or whole items may lack it. */
function describeNewField(collection: string, payload: Item): ContentChange[] {
	if (payload['type'] === 'alias') return [];
	const column = isItem(payload['schema']) ? payload['schema'] : {};
	const isEmpty = column['default_value'] === undefined || column['default_value'] === null;
	const fields = readTexts(payload['field']);
	return [{ kind: 'update', collection, items: isEmpty ? [] : [ANY_ITEM], fields }];
}

/** No answer used a new relation. Only answers that depend on whole items may lack its two fields. */
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

/** Properties that only change how the Studio shows a field. */
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
	// The event of a deletion has the schema after it. If only a relation was deleted, no filter ran before, so its target
	// is unknown.
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

/** `relations.update` has row keys; `relations.delete` has a collection and field names. */
function isAffected(relation: Relation, action: string, own: string[], keys: string[]): boolean {
	if (action === 'delete') return own.includes(relation.collection) && keys.includes(relation.field);
	return relation.meta !== null && keys.includes(String(relation.meta.id));
}

function readTexts(value: unknown): string[] {
	if (Array.isArray(value)) return value.filter((part) => typeof part === 'string');
	return typeof value === 'string' ? value.split(',') : [];
}
