import type { SchemaOverview } from '@directus/types';

import type { ContentChange } from '../../cache/dependencies.ts';
import type { Database } from './cascades.ts';
import { isItem, formatKey } from '../item.ts';
import { listToManyEnds } from './parent-relations.ts';

/** Below the number of variables that any supported database takes in one statement. */
const KEYS_PER_QUERY = 500;

/**
 * The items that will have fewer in a to-many field after these rows were deleted (`payload` null), or after an update
 * that writes their foreign keys: those that the keys name now. To be asked before, in a filter: afterwards the rows
 * no longer say so. Asks the database nothing where no such key is written.
 */
export async function findRemovedRelations(
	collection: string,
	keys: readonly unknown[],
	payload: unknown,
	schema: SchemaOverview,
	database: Database,
): Promise<ContentChange[]> {
	const written = isItem(payload) ? payload : null;
	const ends = listToManyEnds(collection, schema).filter(({ field }) => written === null || field in written);
	const primary = schema.collections[collection]?.primary;
	if (ends.length === 0 || primary === undefined) return [];
	const columns = [...new Set(ends.map(({ field }) => field))];
	const rows = await readDistinctRows(collection, primary, keys, columns, database);
	return ends.flatMap(({ field, parent, parentField }) => {
		const parents = new Set(rows.map((row) => row[field]).filter((key) => key !== undefined && key !== null));
		if (parents.size === 0) return [];
		return [
			{ kind: 'relation', collection: parent, items: [...parents].map(formatKey), fields: [parentField] } as const,
		];
	});
}

/** The different values of these columns in the rows with these keys. */
export async function readDistinctRows(
	collection: string,
	primary: string,
	keys: readonly unknown[],
	columns: string[],
	database: Database,
): Promise<Record<string, unknown>[]> {
	const rows: Record<string, unknown>[] = [];
	for (let start = 0; start < keys.length; start += KEYS_PER_QUERY) {
		const some = keys.slice(start, start + KEYS_PER_QUERY) as string[];
		const found = await database(collection).distinct<Record<string, unknown>[]>(columns).whereIn(primary, some);
		rows.push(...found);
	}
	return rows;
}
