import type { Accountability, AbstractServiceOptions, SchemaOverview } from '@directus/types';

import { oneSpelling } from '../../cache/tags/tags.ts';
import { ForbiddenFieldError, InvalidTemplateError, MissingItemError } from '../errors.ts';
import { requireReadableItems, requireNoHiddenFields } from './field-access.ts';
import { type Item, formatKey } from '../item.ts';
import type { DeepQuery, TemplatePlan } from './template-plan.ts';

interface ItemsReader {
	readMany(keys: (string | number)[], query: { fields: string[]; deep: DeepQuery; limit: number }): Promise<Item[]>;
}

type ServiceClass = new (...options: never[]) => unknown;

export interface ReadContext {
	/** Directus' services, from the extension's context. */
	services: Record<string, unknown>;
	schema: SchemaOverview;
	/** The caller. Null reads everything, as in a scheduled Flow. */
	accountability: Accountability | null;
	database?: AbstractServiceOptions['knex'];
}

/**
 * Reads the plan's fields of several items in one query, with the caller's permissions. The result is keyed by the
 * requested spelling of each key. Throws a 403 that names a field the caller may not read, and a 404 with collection and
 * key if an item is missing or hidden.
 */
export async function readItems(
	plan: TemplatePlan,
	keys: readonly (string | number)[],
	context: ReadContext,
): Promise<Map<string, Item>> {
	const { collection, primary } = plan.root;
	const unique = new Map(keys.map((key) => [String(key), key]));
	for (const key of unique.values()) requireValidKey(key, collection, primary, context.schema);
	const read = createReader(plan, context);
	const all = [...unique.values()];
	const items = await read(all);
	if (context.accountability && !context.accountability.admin) {
		await requireReadableItems(plan, items, (name) => canRead(name, context));
		const readUnrestricted = createReader(plan, { ...context, accountability: null });
		await requireNoHiddenFields(
			plan,
			items,
			context.schema,
			() => readUnrestricted(all),
			() => read(all),
		);
	}
	const found = new Map(items.map((item) => [formatKey(item[primary]), item]));
	for (const [name, key] of unique) {
		if (found.has(name)) continue;
		const item = await readAlternativeSpelling(key, primary, items, read);
		if (item === undefined) throw new MissingItemError({ collection, item: name });
		found.set(name, item);
	}
	return found;
}

type ReadSome = (keys: (string | number)[]) => Promise<Item[]>;

function createReader(plan: TemplatePlan, context: ReadContext): ReadSome {
	const service = createItemsService(plan.root.collection, context);
	return async (keys) => {
		const query = { fields: plan.fields, deep: plan.deep, limit: keys.length };
		return service.readMany(keys, query).catch((error: unknown) => {
			if (!isOutOfRange(error)) throw convertToFieldError(error);
			const [item = ''] = keys.map(String).sort((one, other) => other.length - one.length);
			throw new MissingItemError({ collection: plan.root.collection, item });
		});
	};
}

/** PostgreSQL's `numeric_value_out_of_range`: the column cannot hold a number this large. */
const isOutOfRange = (error: unknown): boolean =>
	typeof error === 'object' && error !== null && 'code' in error && error.code === '22003';

/** Returns whether the caller may read any part of the collection. */
async function canRead(collection: string, context: ReadContext): Promise<boolean> {
	const primary = context.schema.collections[collection]?.primary ?? 'id';
	try {
		await createItemsService(collection, context).readMany([], { fields: [primary], deep: {}, limit: 1 });
		return true;
	} catch (error) {
		if (isForbidden(error)) return false;
		throw error;
	}
}

/**
 * Reads an item that the database finds under another spelling of its key, such as 1 for `01`. Only the database knows
 * which spellings it treats as equal, so the key is read alone if a similar item was found.
 */
async function readAlternativeSpelling(
	key: string | number,
	primary: string,
	items: readonly Item[],
	read: ReadSome,
): Promise<Item | undefined> {
	const spelling = oneSpelling(String(key));
	if (!items.some((item) => oneSpelling(formatKey(item[primary])) === spelling)) return undefined;
	const [item] = await read([key]);
	return item;
}

/** System collections such as users and files have their own services with their own checks. */
function createItemsService(
	collection: string,
	{ services, schema, accountability, database }: ReadContext,
): ItemsReader {
	const options = { schema, accountability, ...(database && { knex: database }) };
	const ItemsService = services['ItemsService'] as new (collection: string, options: object) => ItemsReader;
	if (!collection.startsWith('directus_')) return new ItemsService(collection, options);
	const Service = services[deriveServiceName(collection)];
	const service = isServiceClass(Service) ? new (Service as new (options: object) => unknown)(options) : null;
	if (service instanceof ItemsService) return service;
	throw new InvalidTemplateError({
		reason: `Items of "${collection}" cannot be read into a text`,
		field: 'collection',
	});
}

const isServiceClass = (value: unknown): value is ServiceClass => typeof value === 'function';

/** `directus_deployment_runs` → `DeploymentRunsService`. */
function deriveServiceName(collection: string): string {
	const words = collection.slice('directus_'.length).split('_');
	return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Service`;
}

/** Throws a 404 for a malformed key. Directus would throw a bare 403 or a database error. */
function requireValidKey(key: string | number, collection: string, primary: string, schema: SchemaOverview): void {
	const type = schema.collections[collection]?.fields[primary]?.type;
	if (!isValidKey(String(key), type)) throw new MissingItemError({ collection, item: String(key) });
}

function isValidKey(key: string, type: string | undefined): boolean {
	if (type === 'integer' || type === 'bigInteger') return /^-?\d+$/.test(key);
	if (type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key);
	// PostgreSQL rejects text with a null character.
	return !key.includes('\0');
}

/**
 * Directus' message: `…to access field "a" in collection "b" or it does not exist. Queried in "path".`, or without
 * fields if the whole collection is forbidden.
 */
const FORBIDDEN =
	/access (?:fields? "(?<field>[^"]+)".* in )?collection "[^"]+".*Queried in (?:root|"(?<path>[^"]*)")/s;

/** Longer than any name. Bounds the time of the regular expression, which is worse than linear. */
const MAX_REASON_LENGTH = 1_000;

function convertToFieldError(error: unknown): unknown {
	if (!isForbidden(error)) return error;
	const reason = error.extensions?.reason ?? error.message;
	const { field, path } = FORBIDDEN.exec(reason.slice(0, MAX_REASON_LENGTH))?.groups ?? {};
	const named = [path, field].filter((part) => part !== undefined && part !== '').join('.');
	return new ForbiddenFieldError({ reason, field: named === '' ? 'collection' : named });
}

function isForbidden(error: unknown): error is Error & { extensions?: { reason?: string } } {
	return error instanceof Error && 'code' in error && error.code === 'FORBIDDEN';
}
