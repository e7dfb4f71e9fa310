import type { SchemaOverview } from '@directus/types';

import { ForbiddenFieldError } from '../errors.ts';
import type { FieldPath, Hop } from './field-path.ts';
import { type Item, formatKey, getRelatedItems } from '../item.ts';
import type { TemplatePlan } from './template-plan.ts';

/** A field that is null in some items: the last field of a path, or a to-one relation on the way. */
interface NullField {
	path: FieldPath;
	collection: string;
	field: string;
	/** The items' keys. */
	keys: Set<string>;
}

/** Keyed by the path and the field's position in it. */
type Nulls = Map<string, NullField>;

type ReadAll = () => Promise<Iterable<Item>>;

/**
 * Throws a 403 that names the field if a value is null only because the caller may not read it. If a permission covers
 * single items, Directus returns null for forbidden fields and for relations to forbidden items. In a prompt they would
 * become empty texts. Calls `readUnrestricted` only if a value is null. If that read differs, calls the caller's
 * `readAgain`, because the value may have been set in between.
 */
export async function requireNoHiddenFields(
	plan: TemplatePlan,
	items: Iterable<Item>,
	schema: SchemaOverview,
	readUnrestricted: ReadAll,
	readAgain: ReadAll,
): Promise<void> {
	const nulls = findNulls(plan, items, schema);
	if (nulls.size === 0) return;
	const hidden = subtractNulls(nulls, findNulls(plan, await readUnrestricted(), schema));
	if (hidden.size === 0) return;
	const still = findNulls(plan, await readAgain(), schema);
	for (const [name, found] of hidden) {
		const key = [...found.keys].find((each) => still.get(name)?.keys.has(each));
		if (key !== undefined) throw createHiddenFieldError(found, key);
	}
}

/**
 * Throws a 403 that names the field if a many-to-any relation leads to a collection that the caller may not read.
 * Directus omits these items, and they would become empty texts in a prompt. Calls `canRead` only if an item is missing.
 */
export async function requireReadableItems(
	{ paths }: TemplatePlan,
	items: Iterable<Item>,
	canRead: (collection: string) => Promise<boolean>,
): Promise<void> {
	const all = [...items];
	for (const path of paths.values()) {
		for (const [index, hop] of path.hops.entries()) {
			if (hop.kind !== 'any' || !followHops(path.hops.slice(0, index), all).some((row) => isItemMissing(row, hop)))
				continue;
			if (await canRead(hop.collection)) continue;
			const reason = `You may not read "${hop.collection}", which {{${path.path}}} needs`;
			throw new ForbiddenFieldError({ reason, field: path.path });
		}
	}
}

const isItemMissing = (row: Item, hop: Hop & { kind: 'any' }): boolean =>
	row[hop.collectionField] === hop.collection && row[hop.field] === null;

function findNulls({ root, paths }: TemplatePlan, items: Iterable<Item>, schema: SchemaOverview): Nulls {
	const nulls: Nulls = new Map();
	const all = [...items];
	for (const path of paths.values()) {
		let holders = all;
		let { collection } = root;
		const note = (field: string, place: number, of: readonly Item[]): void => {
			const primary = schema.collections[collection]?.primary ?? 'id';
			const keys = of.filter((holder) => holder[field] === null).map((holder) => formatKey(holder[primary]));
			if (keys.length > 0) nulls.set(`${place} ${path.path}`, { path, collection, field, keys: new Set(keys) });
		};
		for (const [place, hop] of path.hops.entries()) {
			if (hop.kind !== 'many')
				note(
					hop.field,
					place,
					holders.filter((holder) => isTarget(hop, holder)),
				);
			holders = followHops([hop], holders);
			({ collection } = hop);
		}
		note(path.field, path.hops.length, holders);
	}
	return nulls;
}

/** A row of a many-to-any relation leads to exactly one collection. */
const isTarget = (hop: Hop, holder: Item): boolean =>
	hop.kind !== 'any' || holder[hop.collectionField] === hop.collection;

function followHops(hops: readonly Hop[], roots: Item[]): Item[] {
	return hops.reduce((items, hop) => items.flatMap((item) => getRelatedItems(hop, item) ?? []), roots);
}

function subtractNulls(nulls: Nulls, others: Nulls): Nulls {
	const left: Nulls = new Map();
	for (const [name, found] of nulls) {
		const own = [...found.keys].filter((key) => !others.get(name)?.keys.has(key));
		if (own.length > 0) left.set(name, { ...found, keys: new Set(own) });
	}
	return left;
}

const createHiddenFieldError = ({ path: { path }, field, collection }: NullField, key: string): Error =>
	new ForbiddenFieldError({
		reason: `You may not read "${field}" of item "${key}" of "${collection}", which {{${path}}} needs`,
		field: path,
	});
