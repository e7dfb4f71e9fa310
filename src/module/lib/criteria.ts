import type { InvalidationCriteria } from '../../contract.ts';
import { PROVIDER_NAMES } from './providers.ts';

/** What criteria cover, in words that need no translation; empty for everything. */
export function criteriaName(criteria: InvalidationCriteria): string {
	if (criteria.all) return '';

	const { provider, model, collection, items, fields, tags, key } = criteria;
	const parts: string[] = [];

	if (model) parts.push(model);
	else if (provider) parts.push(PROVIDER_NAMES[provider]);
	if (collection)
		parts.push(items?.length ? `${collection} ${items.map((item) => `#${item}`).join(', ')}` : collection);
	if (fields?.length) parts.push(`(${fields.join(', ')})`);
	if (tags?.length) parts.push(...tags);
	if (key) parts.push(key.slice(0, 12));

	return parts.join(' · ');
}

/** Where the Studio shows an item. System collections have pages of their own. */
export function itemPath(collection: string, item?: string | number): string {
	const name = collection.startsWith('directus_') ? collection.slice('directus_'.length) : null;
	const suffix = item === undefined ? '' : `/${encodeURIComponent(String(item))}`;

	if (name === 'users' || name === 'files') return `/${name}${suffix}`;
	if (name !== null) return '/settings';
	return `/content/${encodeURIComponent(collection)}${suffix}`;
}
