import type { Accountability, AbstractServiceOptions, SchemaOverview } from '@directus/types';

import { oneSpelling } from '../../cache/dependencies.ts';
import { ForbiddenFieldError, InvalidTemplateError, MissingItemError } from '../errors.ts';
import { requireReadableItems, requireNoHiddenFields } from './field-access.ts';
import { type Item, formatKey } from '../item.ts';
import type { DeepQuery, TemplatePlan } from './template-plan.ts';

interface ItemsReader {
	readMany(keys: (string | number)[], query: { fields: string[]; deep: DeepQuery; limit: number }): Promise<Item[]>;
}

type ServiceClass = new (...options: never[]) => unknown;

export interface ReadContext {
	/** Directus' services, as an extension's context has them. */
	services: Record<string, unknown>;
	schema: SchemaOverview;
	/** The caller; null reads everything, as a schedule's Flow does. */
	accountability: Accountability | null;
	database?: AbstractServiceOptions['knex'];
}

/**
 * Reads the plan's fields of some items in one go, with the caller's permissions, by key as it was asked for. A field
 * that the caller may not read is a 403 that names it, an item that is missing or hidden a 404 with its collection and
 * key.
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

/** PostgreSQL's `numeric_value_out_of_range`: it refuses to look for a number that the column cannot hold. */
const isOutOfRange = (error: unknown): boolean =>
	typeof error === 'object' && error !== null && 'code' in error && error.code === '22003';

/** Whether the caller may read anything of the collection. */
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
 * An item that the database found by another spelling of its key, as 1 by `01`. Only the database knows which spellings
 * are one to it, so it is asked for this one alone where there is an item that may be meant.
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

/** Users, files and the other system collections have services of their own, with checks of their own. */
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

/** Directus answers a malformed key with a bare 403, or with the database's error; to whoever asks, there is no such item. */
function requireValidKey(key: string | number, collection: string, primary: string, schema: SchemaOverview): void {
	const type = schema.collections[collection]?.fields[primary]?.type;
	if (!isValidKey(String(key), type)) throw new MissingItemError({ collection, item: String(key) });
}

function isValidKey(key: string, type: string | undefined): boolean {
	if (type === 'integer' || type === 'bigInteger') return /^-?\d+$/.test(key);
	if (type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key);
	// PostgreSQL holds no text with a null character, and refuses to look for one.
	return !key.includes('\0');
}

/**
 * As Directus words it: `…to access field "a" in collection "b" or it does not exist. Queried in "path".`, or without
 * fields where the collection as a whole is out of reach.
 */
const FORBIDDEN =
	/access (?:fields? "(?<field>[^"]+)".* in )?collection "[^"]+".*Queried in (?:root|"(?<path>[^"]*)")/s;

/** Names are shorter, and a search for several parts takes longer than in proportion to the text. */
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
