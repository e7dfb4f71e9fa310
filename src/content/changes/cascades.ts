import type { AbstractServiceOptions, Relation, SchemaOverview } from '@directus/types';

import type { ContentChange } from '../../cache/tags/tags.ts';
import type { ChangeContext } from './content-changes.ts';
import { findRemovedRelations, readDistinctRows } from './removed-relations.ts';
import { isItem, formatKey } from '../item.ts';
import { listReferencingRelations } from './parent-relations.ts';

export type Database = NonNullable<AbstractServiceOptions['knex']>;

/** Lower than the variable limit per statement of every supported database. */
const KEYS_PER_QUERY = 500;

/** Directus writes these with each change. No answer depends on them. */
const LOGS = new Set(['directus_activity', 'directus_revisions']);

/**
 * Finds the rows that the database deletes (`ON DELETE CASCADE`) or sets null along with these items, for which Directus
 * fires no event. Also finds the items whose to-many fields become shorter. Call it before the deletion, in a `*.delete`
 * filter: afterwards the rows are gone.
 */
export async function findCascades(
	collection: string,
	keys: readonly unknown[],
	schema: SchemaOverview,
	database: Database,
): Promise<ContentChange[]> {
	const changes = await findRemovedRelations(collection, keys, null, schema, database);
	const seen = new Map<string, Set<string>>();
	const pending = [{ collection, keys: takeUnseen(seen, collection, keys) }];
	for (let next = pending.pop(); next; next = pending.pop()) {
		for (const relation of listReferencingRelations(next.collection, schema)) {
			if (LOGS.has(relation.collection)) continue;
			const children = await findChildren(relation, next.keys, schema, database);
			if (children.length === 0) continue;
			const items = children.map(formatKey);
			changes.push(...describeChildChanges(relation, items));
			if (isCascadeDelete(relation)) {
				changes.push(...(await findRemovedRelations(relation.collection, children, null, schema, database)));
				pending.push({ collection: relation.collection, keys: takeUnseen(seen, relation.collection, children) });
			}
		}
	}
	return changes;
}

const isCascadeDelete = (relation: Relation): boolean => relation.schema?.on_delete === 'CASCADE';

/**
 * `SET NULL` and `SET DEFAULT` change the foreign key. `NO ACTION` and `RESTRICT` prevent the deletion, unless a Directus
 * service such as the users service first clears the key without an event.
 */
function describeChildChanges(relation: Relation, items: string[]): ContentChange[] {
	const { collection, field } = relation;
	if (isCascadeDelete(relation)) return [{ kind: 'delete', collection, items }];
	return [{ kind: 'update', collection, items, fields: [field] }];
}

async function findChildren(
	relation: Relation,
	keys: readonly unknown[],
	schema: SchemaOverview,
	database: Database,
): Promise<unknown[]> {
	const primary = schema.collections[relation.collection]?.primary;
	if (primary === undefined) return [];
	const found: unknown[] = [];
	const named = await readReferencedKeys(relation, keys, schema, database);
	for (let start = 0; start < named.length; start += KEYS_PER_QUERY) {
		const some = named.slice(start, start + KEYS_PER_QUERY) as string[];
		const rows = await database(relation.collection)
			.select<Record<string, unknown>[]>(primary)
			.whereIn(relation.field, some);
		found.push(...rows.map((row) => row[primary]));
	}
	return found;
}

/** Reads the values that foreign keys use for these items. In databases older than Directus they may not be the primary keys. */
async function readReferencedKeys(
	{ related_collection: parent, schema: constraint }: Relation,
	keys: readonly unknown[],
	schema: SchemaOverview,
	database: Database,
): Promise<readonly unknown[]> {
	const primary = schema.collections[parent ?? '']?.primary;
	const column = constraint?.foreign_key_column ?? primary;
	if (parent === null || primary === undefined || column === undefined || column === primary) return keys;
	return (await readDistinctRows(parent, primary, keys, [column], database)).map((row) => row[column]);
}

/** Returns the keys that were not seen before, so that a tree that refers to itself ends. */
function takeUnseen(seen: Map<string, Set<string>>, collection: string, keys: readonly unknown[]): unknown[] {
	const known = seen.get(collection) ?? new Set<string>();
	seen.set(collection, known);
	const fresh = keys.filter((key) => !known.has(formatKey(key)));
	for (const key of fresh) known.add(formatKey(key));
	return fresh;
}

/** See `ChangeContext`. */
type PriorFindings = Required<Pick<ChangeContext, 'cascades' | 'fields'>>;

const NO_FINDINGS: PriorFindings = { cascades: null, fields: null };

/**
 * Passes the findings of a `*.delete` or `*.update` filter to the action event of the same change. Both get the same
 * array object of keys. If another extension's filter replaces the array, the findings are lost and `deriveChanges`
 * invalidates more than necessary.
 */
export class CascadeMemory {
	readonly #found = new WeakMap<object, PriorFindings>();

	/** `payload`: the payload of an update, as the filter received it. */
	remember(keys: readonly unknown[], cascades: readonly ContentChange[], payload?: unknown): void {
		this.#found.set(keys, { cascades, fields: isItem(payload) ? new Set(Object.keys(payload)) : null });
	}

	/** `keys`: the array in the action's meta. */
	get(keys: unknown): PriorFindings {
		return (Array.isArray(keys) && this.#found.get(keys)) || NO_FINDINGS;
	}
}
