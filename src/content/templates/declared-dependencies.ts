import type { ContentDependency } from '../../cache/dependencies.ts';
import type { GenerationRequest } from '../../contract.ts';

type Declaration = Pick<GenerationRequest, 'collection' | 'item' | 'items' | 'fields' | 'depends_on'>;

/**
 * What the request itself says that its answer depends on: its collection as a whole, or some items, or fields of
 * either, and every entry of `depends_on`. Keys become strings, so that `1` and `'1'` are one item.
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
