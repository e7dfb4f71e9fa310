import type { SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/dependencies.ts';
import { isItem, type Item, formatKey } from '../item.ts';
import {
	findJoinedParents,
	findLeftParents,
	findAutoFilledParents,
	listReferencingCollections,
} from './parent-relations.ts';
import { deriveSchemaChanges } from './schema-changes.ts';

/**
 * What to register with `action()`. Directus fires `items.create` and `articles.items.create` for a collection of the
 * project, `files.create` for a system collection; `*` stands for one part of a name, so each is met once.
 * `items.promote` needs no place here: promoting a version fires `items.update` or `items.create` with what it changed.
 * Uploads and replacements of a file fire `files.upload` alone.
 */
export const CONTENT_EVENTS: readonly string[] = ['*.create', '*.update', '*.delete', 'items.sort', 'files.upload'];

/** Written by Directus and its Studio themselves, with every change and every page; nobody generates text from them. */
const UNREAD = new Set(['directus_activity', 'directus_revisions', 'directus_sessions', 'directus_presets']);
/** What Directus notes in a user whenever they log in or look at a page. */
const UNREAD_USER_FIELDS = new Set(['last_page', 'last_access']);

/** Scopes whose events tell of collections and fields instead of rows. */
const SCHEMA_SCOPES = new Set(['collections', 'fields', 'relations']);

export interface ChangeContext {
	/** As the event's own context has it. */
	schema: SchemaOverview | null;
	/**
	 * What a look before the change has found: of a deletion, what the database deletes or empties along with it
	 * (`cascadesOf`); of an update that writes foreign keys, which items lose something (`departuresOf`). Null where
	 * nobody looked.
	 */
	cascades?: readonly ContentChange[] | null;
	/** As it was before a field or a collection was deleted. Null where nobody looked. */
	before?: SchemaOverview | null;
	/** The fields that the look before an update knew of; others may have been added since, as by a permission's presets. */
	fields?: ReadonlySet<string> | null;
}

/** Meta of an action event: which of these there are depends on the event. */
type Meta = Readonly<Record<string, unknown>>;

/**
 * What an action event of Directus says about the content. Keys are strings. Events that say nothing about it give
 * an empty list, as do those of other extensions that only look like Directus' own.
 *
 * Directus tells nobody of: writes with "Emit Events" off in a Flow, direct SQL, the last access of a user, and what
 * the database itself deletes or sets null with a parent. The last is answered by `cascades`, or where there are none
 * by giving up all that has to do with the child collections.
 */
export function deriveChanges(event: string, meta: Meta, context: ChangeContext): ContentChange[] {
	const { scope, action } = splitEvent(event);
	if (SCHEMA_SCOPES.has(scope)) return deriveSchemaChanges(scope, action, meta, context);
	const collection = meta['collection'];
	if (typeof collection !== 'string' || UNREAD.has(collection)) return [];
	if (event === 'files.upload') return describeUpload(collection, meta, context.schema);
	switch (action) {
		case 'create':
			return describeCreation(collection, meta, context.schema);
		case 'update':
			return describeUpdate(collection, meta, context);
		case 'delete':
			return describeDeletion(collection, meta, context);
		case 'sort':
			return describeSort(collection, meta, context.schema);
		default:
			return [];
	}
}

/**
 * Whether the keys of an event are those of rows of its collection. Directus' service of fields tells names of fields
 * in their place: to look for such rows is an error to PostgreSQL, with which a transaction under way is lost.
 */
export function hasRowKeys(event: string, collection: string): boolean {
	const { scope } = splitEvent(event);
	return scope === 'items' || collection === `directus_${scope}`;
}

/** `articles.items.update` and `items.update` are both of scope `items`. */
function splitEvent(event: string): { scope: string; action: string } {
	const [action = '', scope = ''] = event.split('.').reverse();
	return { scope, action };
}

function describeCreation(collection: string, meta: Meta, schema: SchemaOverview | null): ContentChange[] {
	const payload = isItem(meta['payload']) ? meta['payload'] : {};
	return [
		{ kind: 'create', collection, items: readKeys(meta) },
		...findJoinedParents(collection, payload, schema, 'create'),
		...findAutoFilledParents(collection, schema, 'create'),
	];
}

function describeUpdate(
	collection: string,
	meta: Meta,
	{ schema, cascades, fields: known }: ChangeContext,
): ContentChange[] {
	const payload = isItem(meta['payload']) ? meta['payload'] : {};
	if (isPageView(collection, payload)) return [];
	const items = readKeys(meta);
	const fields = [...new Set([...Object.keys(payload), ...listAutoUpdatedFields(collection, schema)])];
	const left = findLeftParents(collection, payload, schema);
	const unknown = known ? Object.fromEntries(Object.entries(payload).filter(([field]) => !known.has(field))) : {};
	const missed = cascades ? findLeftParents(collection, unknown, schema) : left;
	const departures = [
		...(cascades ?? []),
		...missed.map((change) => ({ kind: 'schema', collection: change.collection }) as const),
	];
	const joined = findJoinedParents(collection, payload, schema, 'update');
	const filledIn = findAutoFilledParents(collection, schema, 'update');
	return [{ kind: 'update', collection, items, fields }, ...joined, ...left, ...departures, ...filledIn];
}

function describeDeletion(collection: string, meta: Meta, { schema, cascades }: ChangeContext): ContentChange[] {
	const along = cascades
		? cascades.flatMap((change) => [change, ...findParentsLeftBy(change, schema)])
		: describeUnknownCascades(collection, schema);
	return [
		{ kind: 'delete', collection, items: readKeys(meta) },
		...findLeftParents(collection, null, schema),
		...along,
	];
}

function isPageView(collection: string, payload: Item): boolean {
	const fields = Object.keys(payload);
	return collection === 'directus_users' && fields.length > 0 && fields.every((field) => UNREAD_USER_FIELDS.has(field));
}

function findParentsLeftBy(change: ContentChange, schema: SchemaOverview | null): ContentChange[] {
	if (change.kind === 'delete') return findLeftParents(change.collection, null, schema);
	if (change.kind !== 'update') return [];
	return findLeftParents(change.collection, Object.fromEntries(change.fields.map((field) => [field, null])), schema);
}

const describeUnknownCascades = (collection: string, schema: SchemaOverview | null): ContentChange[] =>
	listReferencingCollections(collection, schema).map((child) => ({ kind: 'schema', collection: child }));

/** Directus names the moved item and the one whose place it took; all between them have moved as well. */
function describeSort(collection: string, meta: Meta, schema: SchemaOverview | null): ContentChange[] {
	const field = schema?.collections[collection]?.sortField;
	const items = [meta['item'], meta['to']].filter((key) => key !== undefined && key !== null).map(formatKey);
	const moved: ContentChange[] = field
		? [{ kind: 'update', collection, items: [...items, ANY_ITEM], fields: [field] }]
		: [];
	return [{ kind: 'sort', collection }, ...moved];
}

/** A new file, or another content under the key of an old one, whose every field may be another then. */
function describeUpload(collection: string, meta: Meta, schema: SchemaOverview | null): ContentChange[] {
	const payload = isItem(meta['payload']) ? meta['payload'] : {};
	const items = readKeys(meta);
	const known = schema?.collections[collection]?.fields;
	const fields = known ? Object.keys(known) : Object.keys(payload);
	return [
		...describeCreation(collection, meta, schema),
		{ kind: 'update', collection, items, fields },
		{ kind: 'delete', collection, items },
	];
}

/** Fields that change with each update without standing in its payload: `date_updated` and its like, generated columns. */
function listAutoUpdatedFields(collection: string, schema: SchemaOverview | null): string[] {
	return Object.values(schema?.collections[collection]?.fields ?? {})
		.filter(({ special, generated }) => generated || special.some((name) => UPDATE_SPECIALS.includes(name)))
		.map(({ field }) => field);
}

const UPDATE_SPECIALS = ['date-updated', 'user-updated', 'role-updated'];

/** `keys` in updates and deletions, `key` in creations, `payload` in deletions of older versions. */
function readKeys(meta: Meta): string[] {
	const keys = meta['keys'] ?? meta['key'] ?? (Array.isArray(meta['payload']) ? meta['payload'] : []);
	return (Array.isArray(keys) ? keys : [keys]).filter((key) => key !== undefined && key !== null).map(formatKey);
}
