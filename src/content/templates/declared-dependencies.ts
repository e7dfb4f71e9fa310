import type { ContentDependency } from '../../cache/tags/tags.ts';
import type { GenerationRequest } from '../../shared/api-types.ts';

type Declaration = Pick<GenerationRequest, 'collection' | 'item' | 'items' | 'fields' | 'depends_on'>;

/**
 * Collects the dependencies that a request declares: its collection, or some items, or fields of either, and every
 * element of `depends_on`. Keys become strings, so that `1` and `'1'` are the same item.
 */
export function collectDeclaredDependencies(request: Declaration): ContentDependency[] {
	const { collection, item, items, fields, depends_on: more = [] } = request;
	const keys = items ?? (item === undefined ? undefined : [item]);
	const own = collection === undefined ? [] : [{ collection, ...(keys && { items: keys }), ...(fields && { fields }) }];
	return [...own, ...more].map((dependency) => ({
		collection: dependency.collection,
		...(dependency.items && { items: dependency.items.map(String) }),
		...(dependency.fields && { fields: dependency.fields }),
	}));
}
