import type { SchemaOverview } from '@directus/types';

import { ForbiddenFieldError } from './errors.ts';
import type { FieldPath, Hop } from './field-path.ts';
import { type Item, keyOf, relatedItems } from './item.ts';
import type { TemplatePlan } from './plan.ts';

/** Values that are null, by path and by the key of the item that has them. */
type Nulls = Map<string, { path: FieldPath; keys: Set<string> }>;

type ReadAll = () => Promise<Iterable<Item>>;

/**
 * Where a rule of Directus' permissions names single items, the fields that it keeps from the caller are null in the
 * others, which would go into a prompt as empty texts. What is null to the caller and to nobody else is a 403 that names
 * the field. `readUnrestricted` is asked only where a value is null at all, and the caller's `readAgain` only where the
 * two then differ: the value may have been given in between.
 */
export async function demandNoneHidden(
	plan: TemplatePlan,
	items: Iterable<Item>,
	schema: SchemaOverview,
	readUnrestricted: ReadAll,
	readAgain: ReadAll,
): Promise<void> {
	const nulls = nullsIn(plan, items, schema);
	if (nulls.size === 0) return;
	const hidden = without(nulls, nullsIn(plan, await readUnrestricted(), schema));
	if (hidden.size === 0) return;
	const still = nullsIn(plan, await readAgain(), schema);
	for (const [name, { path, keys }] of hidden) {
		const key = [...keys].find((each) => still.get(name)?.keys.has(each));
		if (key !== undefined) throw hiddenError(path, key);
	}
}

/**
 * Of a many-to-any relation, Directus leaves out all items of a collection that the caller may not read at all, which
 * would go into a prompt as empty texts: a 403 that names the field. `mayRead` is asked only where an item is missing.
 */
export async function demandAnyReadable(
	{ paths }: TemplatePlan,
	items: Iterable<Item>,
	mayRead: (collection: string) => Promise<boolean>,
): Promise<void> {
	const all = [...items];
	for (const path of paths.values()) {
		for (const [index, hop] of path.hops.entries()) {
			if (hop.kind !== 'any' || !holdersOf(path.hops.slice(0, index), all).some((row) => lacksItem(row, hop))) continue;
			if (await mayRead(hop.collection)) continue;
			const reason = `You may not read "${hop.collection}", which {{${path.path}}} needs`;
			throw new ForbiddenFieldError({ reason, field: path.path });
		}
	}
}

const lacksItem = (row: Item, hop: Hop & { kind: 'any' }): boolean =>
	row[hop.collectionField] === hop.collection && row[hop.field] === null;

function nullsIn({ paths }: TemplatePlan, items: Iterable<Item>, schema: SchemaOverview): Nulls {
	const nulls: Nulls = new Map();
	const all = [...items];
	for (const path of paths.values()) {
		const primary = schema.collections[path.collection]?.primary ?? 'id';
		const keys = holdersOf(path.hops, all)
			.filter((holder) => holder[path.field] === null)
			.map((holder) => keyOf(holder[primary]));
		if (keys.length > 0) nulls.set(path.path, { path, keys: new Set(keys) });
	}
	return nulls;
}

function holdersOf(hops: readonly Hop[], roots: Item[]): Item[] {
	return hops.reduce((items, hop) => items.flatMap((item) => relatedItems(hop, item) ?? []), roots);
}

function without(nulls: Nulls, others: Nulls): Nulls {
	const left: Nulls = new Map();
	for (const [name, { path, keys }] of nulls) {
		const own = [...keys].filter((key) => !others.get(name)?.keys.has(key));
		if (own.length > 0) left.set(name, { path, keys: new Set(own) });
	}
	return left;
}

const hiddenError = ({ path, field, collection }: FieldPath, key: string): Error =>
	new ForbiddenFieldError({
		reason: `You may not read "${field}" of item "${key}" of "${collection}", which {{${path}}} needs`,
		field: path,
	});
