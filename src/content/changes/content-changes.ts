import type { SchemaOverview } from '@directus/types';

import { ANY_ITEM, type ContentChange } from '../../cache/tags/tags.ts';
import { isItem, type Item, formatKey } from '../item.ts';
import {
	findJoinedParents,
	findLeftParents,
	findAutoFilledParents,
	listReferencingCollections,
} from './parent-relations.ts';
import { deriveSchemaChanges } from './schema-changes.ts';

/**
 * The events to register with `action()`. Directus fires `items.create` and `articles.items.create` for a user
 * collection, and `files.create` for a system collection. `*` matches one part of a name, so each event is handled once.
 * `items.promote` is not needed: promoting a version also fires `items.update` or `items.create`. Uploading or replacing
 * a file only fires `files.upload`.
 */
export const CONTENT_EVENTS: readonly string[] = ['*.create', '*.update', '*.delete', 'items.sort', 'files.upload'];

/** Directus and its Studio write these with every change and page view. No answer depends on them. */
const UNREAD = new Set(['directus_activity', 'directus_revisions', 'directus_sessions', 'directus_presets']);
/** Directus writes these fields of a user on each login and page view. */
const UNREAD_USER_FIELDS = new Set(['last_page', 'last_access']);

/** Scopes whose events report collections and fields, not rows. */
const SCHEMA_SCOPES = new Set(['collections', 'fields', 'relations']);

export interface ChangeContext {
	/** The schema in the event's context. */
	schema: SchemaOverview | null;
	/**
	 * Findings of the filter before the change. For a deletion: the rows that the database deletes or clears along with
	 * it (`findCascades`). For an update that writes foreign keys: the items that lose a related item
	 * (`findRemovedRelations`). Null if no filter ran.
	 */
	cascades?: readonly ContentChange[] | null;
	/** The schema before a field or a collection was deleted. Null if no filter ran. */
	before?: SchemaOverview | null;
	/** The fields that the filter before an update saw. Later ones may exist, for example from a permission's presets. */
	fields?: ReadonlySet<string> | null;
}

/** Meta of an action event. Its properties depend on the event. */
type Meta = Readonly<Record<string, unknown>>;

/**
 * Derives content changes from an action event. Keys are strings. Returns an empty list for events that change no
 * content, and for events of other extensions that only look like Directus' own.
 *
 * Directus fires no event for: writes in a Flow with "Emit Events" off, direct SQL, a user's last access, and rows that
 * the database deletes or sets null with a parent. `cascades` covers the last kind; without it, everything that depends
 * on a child collection is invalidated.
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
 * Returns whether an event's keys are row keys. Directus' fields service puts field names there instead. In PostgreSQL,
 * querying rows by such a name fails and aborts the open transaction.
 */
export function hasRowKeys(event: string, collection: string): boolean {
	const { scope } = splitEvent(event);
	return scope === 'items' || collection === `directus_${scope}`;
}

/** `articles.items.update` and `items.update` both have the scope `items`. */
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
	const removedRelations = [
		...(cascades ?? []),
		...missed.map((change) => ({ kind: 'schema', collection: change.collection }) as const),
	];
	const joined = findJoinedParents(collection, payload, schema, 'update');
	const filledIn = findAutoFilledParents(collection, schema, 'update');
	return [{ kind: 'update', collection, items, fields }, ...joined, ...left, ...removedRelations, ...filledIn];
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

/** Directus names the moved item and the item it displaced. All items between them have moved too. */
function describeSort(collection: string, meta: Meta, schema: SchemaOverview | null): ContentChange[] {
	const field = schema?.collections[collection]?.sortField;
	const items = [meta['item'], meta['to']].filter((key) => key !== undefined && key !== null).map(formatKey);
	const moved: ContentChange[] = field
		? [{ kind: 'update', collection, items: [...items, ANY_ITEM], fields: [field] }]
		: [];
	return [{ kind: 'sort', collection }, ...moved];
}

/** A new file, or new content under an existing key, which may change every field. */
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

/** Lists the fields that change with each update but are not in its payload: `date_updated` etc. and generated columns. */
function listAutoUpdatedFields(collection: string, schema: SchemaOverview | null): string[] {
	return Object.values(schema?.collections[collection]?.fields ?? {})
		.filter(({ special, generated }) => generated || special.some((name) => UPDATE_SPECIALS.includes(name)))
		.map(({ field }) => field);
}

const UPDATE_SPECIALS = ['date-updated', 'user-updated', 'role-updated'];

/** Updates and deletions have `keys`, creations have `key`, and deletions in older Directus versions have `payload`. */
function readKeys(meta: Meta): string[] {
	const keys = meta['keys'] ?? meta['key'] ?? (Array.isArray(meta['payload']) ? meta['payload'] : []);
	return (Array.isArray(keys) ? keys : [keys]).filter((key) => key !== undefined && key !== null).map(formatKey);
}
