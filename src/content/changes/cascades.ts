import type { AbstractServiceOptions, Relation, SchemaOverview } from '@directus/types';

import type { ContentChange } from '../../cache/dependencies.ts';
import type { ChangeContext } from './content-changes.ts';
import { findRemovedRelations, readDistinctRows } from './removed-relations.ts';
import { isItem, formatKey } from '../item.ts';
import { listReferencingRelations } from './parent-relations.ts';

export type Database = NonNullable<AbstractServiceOptions['knex']>;

/** Below the number of variables that any supported database takes in one statement. */
const KEYS_PER_QUERY = 500;

/** Written by Directus itself with each change; nothing depends on them. */
const LOGS = new Set(['directus_activity', 'directus_revisions']);

/**
 * What the database will delete (`ON DELETE CASCADE`) or set null along with these items, and of which Directus tells
 * nobody; and the items that have fewer in a to-many field then. To be asked before the deletion, in a `*.delete` filter: afterwards the rows no longer say so.
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
 * `SET NULL` and `SET DEFAULT` change the foreign key. `NO ACTION` and `RESTRICT` refuse the deletion, unless one of
 * Directus' services empties the key first without an event, as that of users does.
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

/** What stands in the foreign keys that point at these items: not their own keys in some databases older than Directus. */
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

/** The keys not met before: a tree that refers to itself must not be walked for ever. */
function takeUnseen(seen: Map<string, Set<string>>, collection: string, keys: readonly unknown[]): unknown[] {
	const known = seen.get(collection) ?? new Set<string>();
	seen.set(collection, known);
	const fresh = keys.filter((key) => !known.has(formatKey(key)));
	for (const key of fresh) known.add(formatKey(key));
	return fresh;
}

/** As in `ChangeContext`. */
type PriorFindings = Required<Pick<ChangeContext, 'cascades' | 'fields'>>;

const NO_FINDINGS: PriorFindings = { cascades: null, fields: null };

/**
 * Carries what a `*.delete` or `*.update` filter found to the action of the same change. Both get the very same array
 * of keys, unless another extension's filter replaces it; nothing is found then, and `changesOf` errs on the safe side.
 */
export class CascadeMemory {
	readonly #found = new WeakMap<object, PriorFindings>();

	/** `payload`: of an update, as the filter had it. */
	remember(keys: readonly unknown[], cascades: readonly ContentChange[], payload?: unknown): void {
		this.#found.set(keys, { cascades, fields: isItem(payload) ? new Set(Object.keys(payload)) : null });
	}

	/** `keys` as the action's meta has them. */
	get(keys: unknown): PriorFindings {
		return (Array.isArray(keys) && this.#found.get(keys)) || NO_FINDINGS;
	}
}
