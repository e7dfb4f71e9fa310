import type { InvalidationCriteria } from '../../contract.ts';
import type { MessageKey } from '../../locales/index.ts';
import { PROVIDER_NAMES } from './providers.ts';

/** What criteria cover, in words that need no translation; empty for everything. */
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

/** Of `openai:gpt-4o:k3JxQ…` the model and a part of the hash: without that it would look like all of the model. */
function shortenKey(key: string): string {
	const [, model, hash] = key.split(':');
	return model && hash ? `${model} · ${hash.slice(0, 8)}` : key.slice(0, 12);
}

/** What kinds of things the criteria name: of a tag and a model the words alone might be the same. */
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

/** Where the Studio shows an item. System collections have pages of their own. */
export function buildItemPath(collection: string, item?: string | number): string {
	const name = collection.startsWith('directus_') ? collection.slice('directus_'.length) : null;
	const suffix = item === undefined ? '' : `/${encodeURIComponent(String(item))}`;

	if (name === 'users' || name === 'files') return `/${name}${suffix}`;
	if (name !== null) return '/settings';
	return `/content/${encodeURIComponent(collection)}${suffix}`;
}
