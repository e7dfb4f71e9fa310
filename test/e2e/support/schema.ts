import type { Api } from './api.ts';

export interface FieldDefinition {
	field: string;
	type: string;
	meta?: Record<string, unknown>;
	schema?: Record<string, unknown> | null;
}

const NUMBERED_ID: FieldDefinition = { field: 'id', type: 'integer' };

/** A collection with its table. The primary key is an auto-incremented `id` unless another is given. */
export async function createCollection(
	directus: Api,
	collection: string,
	fields: FieldDefinition[],
	primaryKey: FieldDefinition = NUMBERED_ID,
	meta: Record<string, unknown> = {},
): Promise<void> {
	const key = {
		...primaryKey,
		meta: { hidden: true, ...primaryKey.meta },
		schema: { is_primary_key: true, has_auto_increment: primaryKey === NUMBERED_ID },
	};
	await directus.data('POST', '/collections', {
		collection,
		meta,
		schema: {},
		fields: [key, ...fields.map((field) => ({ meta: {}, schema: {}, ...field }))],
	});
}

/** A relation on a field that exists. */
export async function createManyToOne(
	directus: Api,
	collection: string,
	field: string,
	related: string,
	meta: Record<string, unknown> = {},
	onDelete: 'SET NULL' | 'CASCADE' = 'SET NULL',
): Promise<void> {
	await directus.data('POST', '/relations', {
		collection,
		field,
		related_collection: related,
		meta,
		schema: { on_delete: onDelete },
	});
}

/** An alias field of a relation's other side, or of a junction. */
export async function createAlias(directus: Api, collection: string, field: string, special: string): Promise<void> {
	await directus.data('POST', `/fields/${collection}`, { field, type: 'alias', meta: { special: [special] } });
}

/** `<collection>.<field>` through a junction `<collection>_<related>` with `<collection>_id` and `<related>_id`. */
export async function createManyToMany(
	directus: Api,
	collection: string,
	field: string,
	related: string,
): Promise<void> {
	const junction = `${collection}_${related}`;
	const own = `${collection}_id`;
	const other = `${related}_id`;
	await createAlias(directus, collection, field, 'm2m');
	await createCollection(directus, junction, [
		{ field: own, type: 'integer' },
		{ field: other, type: 'integer' },
	]);
	await createManyToOne(directus, junction, own, collection, { one_field: field, junction_field: other }, 'CASCADE');
	await createManyToOne(directus, junction, other, related, { junction_field: own }, 'CASCADE');
}

/** `<collection>.translations` through `<collection>_translations`, against a `languages` collection keyed by `code`. */
export async function createTranslations(directus: Api, collection: string, fields: FieldDefinition[]): Promise<void> {
	const junction = `${collection}_translations`;
	const own = `${collection}_id`;
	await createAlias(directus, collection, 'translations', 'translations');
	await createCollection(directus, junction, [
		{ field: own, type: 'integer' },
		{ field: 'languages_code', type: 'string' },
		...fields,
	]);
	const ownMeta = { one_field: 'translations', junction_field: 'languages_code' };
	await createManyToOne(directus, junction, own, collection, ownMeta, 'CASCADE');
	await createManyToOne(directus, junction, 'languages_code', 'languages', { junction_field: own }, 'CASCADE');
}
