import type { InvalidationCriteria } from '../../shared/api-types.ts';
import type { MessageKey } from '../../locales/index.ts';
import { PROVIDER_NAMES } from './providers.ts';

/** Describes criteria with names that need no translation; empty for all entries. */
export function describeCriteria(criteria: InvalidationCriteria): string {
	if (criteria.all) return '';

	const { provider, model, collection, items, fields, tags, key } = criteria;
	const parts: string[] = [];

	if (model) parts.push(model);
	else if (provider) parts.push(PROVIDER_NAMES[provider]);
	if (collection)
		parts.push(items?.length ? `${collection} ${items.map((item) => `#${item}`).join(', ')}` : collection);
	if (fields?.length) parts.push(`(${fields.join(', ')})`);
	if (tags?.length) parts.push(...tags);
	if (key) parts.push(shortenKey(key));

	return parts.join(' · ');
}

/** Shortens `openai:gpt-4o:k3JxQ…` to the model and the start of the hash. The model alone would look like all its entries. */
function shortenKey(key: string): string {
	const [, model, hash] = key.split(':');
	return model && hash ? `${model} · ${hash.slice(0, 8)}` : key.slice(0, 12);
}

/** Lists the kinds of criteria, because a tag and a model can have the same name. */
export function listCriteriaKinds(criteria: InvalidationCriteria): MessageKey[] {
	if (criteria.all) return [];
	const { provider, model, collection, tags, key } = criteria;
	return [
		...(model ? ['common.model' as const] : provider ? ['common.provider' as const] : []),
		...(collection ? ['common.collection' as const] : []),
		...(tags?.length ? ['common.tag' as const] : []),
		...(key ? ['journal.entry' as const] : []),
	];
}

/** Builds the path of an item's page in the Studio. System collections have their own pages. */
export function buildItemPath(collection: string, item?: string | number): string {
	const name = collection.startsWith('directus_') ? collection.slice('directus_'.length) : null;
	const suffix = item === undefined ? '' : `/${encodeURIComponent(String(item))}`;

	if (name === 'users' || name === 'files') return `/${name}${suffix}`;
	if (name !== null) return '/settings';
	return `/content/${encodeURIComponent(collection)}${suffix}`;
}
