import type { Api } from './api.ts';
import { createAlias, createCollection, createManyToOne } from './schema.ts';

/** `<collection>.<field>` through a junction `<collection>_<field>` to items of any of the given collections. */
export async function createManyToAny(
	directus: Api,
	collection: string,
	field: string,
	allowed: string[],
): Promise<string> {
	const junction = `${collection}_${field}`;
	const own = `${collection}_id`;
	await createAlias(directus, collection, field, 'm2a');
	await createCollection(directus, junction, [
		{ field: own, type: 'integer' },
		{ field: 'item', type: 'string' },
		{ field: 'collection', type: 'string' },
	]);
	await createManyToOne(directus, junction, own, collection, { one_field: field, junction_field: 'item' });
	await directus.data('POST', '/relations', {
		collection: junction,
		field: 'item',
		related_collection: null,
		meta: { one_allowed_collections: allowed, one_collection_field: 'collection', junction_field: own },
	});
	return junction;
}
