import type { SchemaOverview } from '@directus/types';

import type { ContentChange } from '../../cache/tags/tags.ts';
import type { Database } from './cascades.ts';
import { isItem, formatKey } from '../item.ts';
import { listToManyEnds } from './parent-relations.ts';

/** Lower than the variable limit per statement of every supported database. */
const KEYS_PER_QUERY = 500;

/**
 * Finds the items whose to-many field loses a row when these rows are deleted (`payload` null) or when an update writes
 * their foreign keys: the current targets of these keys. Call it in a filter, because afterwards the old targets are
 * gone. Sends no query if no such key is written.
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

/** Reads the distinct values of these columns in the rows with these keys. */
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
