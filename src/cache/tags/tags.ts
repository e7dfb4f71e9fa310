import { PROVIDERS, type InvalidationCriteria, type Provider } from '../../shared/api-types.ts';

/**
 * The name of something that answers depend on. Each has a random token in the store; an entry is valid only while
 * the tokens that it captured before its generation are there and unchanged, so deleting a token invalidates all
 * that depends on it, stored or still under way.
 */
export type Tag = string;

/** A collection as a whole, some of its items, or some fields of either. Item keys are strings: `'1'` and `1` are one item. */
export interface ContentDependency {
	collection: string;
	items?: readonly string[];
	fields?: readonly string[];
}

export interface Dependencies {
	content: readonly ContentDependency[];
	/** Free tags. */
	tags: readonly string[];
}

/**
 * Stands for any item of a collection where Directus does not tell which ones changed: a manual sort moves all items
 * between the two that it names.
 */
export const ANY_ITEM = '*';

/** Something that happened to the content, as Directus reported it. */
export type ContentChange =
	/** What depends on one of these was made before they were there. */
	| { kind: 'create'; collection: string; items: readonly string[] }
	| { kind: 'update'; collection: string; items: readonly string[]; fields: readonly string[] }
	| { kind: 'delete'; collection: string; items: readonly string[] }
	/** The order changed, or the change cannot be told apart by items: any change in the collection. */
	| { kind: 'sort'; collection: string }
	/**
	 * Other items began or ceased to belong to these by a to-many field; the rows of these themselves are as before.
	 * Without items: to some items of the collection.
	 */
	| { kind: 'relation'; collection: string; items: readonly string[]; fields: readonly string[] }
	/** The collection, its fields or its relations changed: everything that has to do with it. */
	| { kind: 'schema'; collection: string };

const part = (text: string): string => text.replace(/[%/:]/g, encodeURIComponent);

/**
 * One spelling for all those of a key by which a database finds the same item: `1`, `01` and `1.0`, a UUID in capitals
 * or not. Events have the key as it was asked for. Where a database does tell two of them apart, a change of one item
 * takes along what depends on the other.
 */
export function oneSpelling(item: string): string {
	const text = item.trim().toLowerCase();
	const number = Number(text);
	return text !== '' && Number.isSafeInteger(number) ? String(number) : text;
}

const itemPart = (item: string): string => part(oneSpelling(item));

/** No entry has it. Its version stands for who may do what. */
export const CALLERS_TAG: Tag = 't:(callers)';
/** No entry has it. Its version stands for the models' versions, and for settings that admins change. */
export const SETTINGS_TAG: Tag = 't:(settings)';

export const allTag = (): Tag => '*';
export const providerTag = (provider: Provider): Tag => `p:${provider}`;
export const modelTag = (provider: Provider, model: string): Tag => `m:${provider}/${part(model)}`;
/** Gone with a purge of the collection or a change of its schema; held by all that has to do with the collection. */
export const collectionTag = (collection: string): Tag => `c:${part(collection)}`;
/** Gone with any change in the collection; held by what depends on it as a whole. */
export const anyChangeTag = (collection: string): Tag => `c*:${part(collection)}`;
/** Gone when an item comes, goes or moves; held by what depends on named fields of the whole collection. */
export const membershipTag = (collection: string): Tag => `c+:${part(collection)}`;
/** Gone when the field changes in any item; held by what depends on named fields of the whole collection. */
export const collectionFieldTag = (collection: string, field: string): Tag => `cf:${part(collection)}:${part(field)}`;
/** Gone with any update, the creation or the deletion of the item; held by what depends on it as a whole. */
export const itemTag = (collection: string, item: string): Tag => `i:${part(collection)}/${itemPart(item)}`;
/** Gone with the item's creation, deletion or purge; held by what depends on named fields of it. */
export const existenceTag = (collection: string, item: string): Tag => `x:${part(collection)}/${itemPart(item)}`;
export const fieldTag = (collection: string, item: string, field: string): Tag =>
	`f:${part(collection)}/${itemPart(item)}:${part(field)}`;
export const freeTag = (tag: string): Tag => `t:${part(tag)}`;

/** Gone with every purge and every change of who may do what; held by answers that are kept though out of date. */
export const keptTag = (): Tag => 'k:*';
/** Gone with a deletion or a change of the schema in the collection; held likewise. */
export const keptCollectionTag = (collection: string): Tag => `k:${part(collection)}`;

/** What an answer depends on that its content's change does not take: all that must never let it come back. */
export function keptTags(provider: Provider, model: string, { content, tags }: Dependencies): Tag[] {
	const collections = [...new Set(content.map(({ collection }) => collection))];
	return [
		keptTag(),
		...dependencyTags(provider, model, { content: [], tags }),
		...collections.flatMap((collection) => [collectionTag(collection), keptCollectionTag(collection)]),
	];
}

/** Tags of everything that an answer of this provider and model with these dependencies has to hold. No duplicates. */
export function dependencyTags(provider: Provider, model: string, dependencies: Dependencies): Tag[] {
	return dependencyTagsUpTo(Infinity, provider, model, dependencies) ?? [];
}

/** Duplicates that are looked through for each tag that may be. */
const MAX_DUPLICATES = 10;

/**
 * The same; null where they are more than `most`, told without making all of them: a request of half a megabyte can
 * name twenty million fields of items.
 */
export function dependencyTagsUpTo(
	most: number,
	provider: Provider,
	model: string,
	{ content, tags: free }: Dependencies,
): Tag[] | null {
	const tags = new Set<Tag>([allTag(), providerTag(provider), modelTag(provider, model)]);
	let made = 0;
	for (const dependency of content) {
		for (const tag of contentTags(dependency)) {
			tags.add(tag);
			if (tags.size > most || ++made > most * MAX_DUPLICATES) return null;
		}
	}
	for (const tag of free) tags.add(freeTag(tag));
	return tags.size > most ? null : [...tags];
}

function* contentTags({ collection, items, fields }: ContentDependency): Generator<Tag> {
	yield collectionTag(collection);
	if (!items) {
		yield fields ? membershipTag(collection) : anyChangeTag(collection);
		for (const field of fields ?? []) yield collectionFieldTag(collection, field);
		return;
	}
	for (const item of items) {
		yield fields ? existenceTag(collection, item) : itemTag(collection, item);
		for (const field of fields ?? []) yield fieldTag(collection, item, field);
	}
	if (!fields) yield itemTag(collection, ANY_ITEM);
	for (const field of fields ?? []) yield fieldTag(collection, ANY_ITEM, field);
}

/** The collections that tags are about, each with the items that they name; none where they name none. */
export function contentOfTags(tags: readonly Tag[]): Map<string, string[]> {
	const found = new Map<string, Set<string>>();
	for (const tag of tags) {
		const [, collection, item] = /^(?:c[*+f]?|[ixf]):([^/:]+)(?:\/([^:]+))?/.exec(tag) ?? [];
		if (collection === undefined) continue;
		const items = found.get(collection) ?? new Set();
		found.set(collection, items);
		if (item !== undefined && item !== ANY_ITEM) items.add(decodeURIComponent(item));
	}
	return new Map([...found].map(([collection, items]) => [decodeURIComponent(collection), [...items]]));
}

/** The tags whose tokens a change of the content takes away. */
export function changeTags(change: ContentChange): Tag[] {
	const { collection } = change;
	switch (change.kind) {
		case 'sort':
			return [anyChangeTag(collection), membershipTag(collection)];
		case 'schema':
			return [collectionTag(collection)];
		case 'relation':
			return change.fields.flatMap((field) => [
				collectionFieldTag(collection, field),
				...change.items.map((item) => fieldTag(collection, item, field)),
			]);
		case 'create':
		case 'delete':
			return [
				anyChangeTag(collection),
				membershipTag(collection),
				...change.items.flatMap((item) => [itemTag(collection, item), existenceTag(collection, item)]),
			];
		case 'update':
			return [
				anyChangeTag(collection),
				...change.fields.map((field) => collectionFieldTag(collection, field)),
				...change.items.flatMap((item) => [
					itemTag(collection, item),
					...change.fields.map((field) => fieldTag(collection, item, field)),
				]),
			];
	}
}

/**
 * The tags that a purge with these criteria takes away, where one kind of tag says it all; null where criteria are
 * combined, so that the entries that meet all of them have to be found by the indexes.
 */
export function purgeTags(criteria: InvalidationCriteria): Tag[] | null {
	const { provider, model, collection, items, fields, tags, key } = criteria;
	const kinds = [provider ?? model, collection, tags, key].filter((kind) => kind !== undefined).length;
	if (kinds === 0) return criteria.all ? [allTag()] : null;
	if (kinds > 1 || key !== undefined) return null;
	if (tags) return tags.map(freeTag);
	if (collection !== undefined) return collectionPurgeTags(collection, items, fields);
	return criteriaTagSets(criteria)[0] ?? null;
}

function collectionPurgeTags(
	collection: string,
	items: readonly (string | number)[] | undefined,
	fields: readonly string[] | undefined,
): Tag[] {
	if (items) {
		return items.flatMap((key) => {
			const item = String(key);
			if (fields) return [itemTag(collection, item), ...fields.map((field) => fieldTag(collection, item, field))];
			return [itemTag(collection, item), existenceTag(collection, item)];
		});
	}
	if (!fields) return [collectionTag(collection)];
	return changeTags({ kind: 'update', collection, items: [ANY_ITEM], fields });
}

/**
 * The same criteria as sets of tags: an entry meets them when it holds at least one tag of every set.
 */
export function criteriaTagSets(criteria: InvalidationCriteria): Tag[][] {
	const { collection, items, fields } = criteria;
	const content = collection === undefined ? null : collectionPurgeTags(collection, items, fields);
	return tagSets(criteria, content);
}

/**
 * As sets of tags, what an update of the criteria's items takes away and meets the rest of them. Without fields: of any
 * field, which takes what a deletion does.
 */
export function editTagSets(criteria: InvalidationCriteria): Tag[][] {
	const { collection = '', fields } = criteria;
	const items = (criteria.items ?? []).map(String);
	const change: ContentChange = fields
		? { kind: 'update', collection, items, fields }
		: { kind: 'delete', collection, items };
	return tagSets(criteria, changeTags(change));
}

function tagSets({ provider, model, tags }: InvalidationCriteria, content: Tag[] | null): Tag[][] {
	const sets: Tag[][] = [];
	if (model !== undefined) sets.push((provider ? [provider] : PROVIDERS).map((name) => modelTag(name, model)));
	else if (provider !== undefined) sets.push([providerTag(provider)]);
	if (content) sets.push(content);
	if (tags) sets.push(tags.map(freeTag));
	return sets.length > 0 ? sets : [[allTag()]];
}
