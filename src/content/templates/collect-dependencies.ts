import type { ContentDependency } from '../../cache/tags/tags.ts';
import { type Item, formatKey, getRelatedItems } from '../item.ts';
import type { PlanNode } from './template-plan.ts';

/**
 * Collects the dependencies of a text that was rendered from this item: every item on the paths, with the fields read.
 *
 * - A to-one relation depends on its field in the owning item (another item may be chosen) and on the chosen item's
 *   fields.
 * - A to-many relation depends on its field in the owning item, such as `articles/5: comments`. Directus reports no
 *   change of that field when a comment is added, so `deriveChanges` derives it from the comment's foreign key. The text
 *   also depends on each comment's existence, foreign key and sort field. Comments of other articles do not matter.
 * - Many-to-many, translations and many-to-any do the same for the junction's rows, then to-one for the item behind.
 */
export function collectDependencies(root: PlanNode, item: Item): ContentDependency[] {
	const visited = new Map<string, { collection: string; fields: string[]; items: Set<string> }>();
	const visit = (node: PlanNode, current: Item): void => {
		const fields = [...node.fields].sort();
		add(visited, node.collection, fields, formatKey(current[node.primary]));
		for (const { hop, node: child } of node.relations.values()) {
			for (const related of getRelatedItems(hop, current) ?? []) visit(child, related);
		}
	};
	visit(root, item);
	return [...visited.values()].map(({ collection, items, fields }) => ({ collection, items: [...items], fields }));
}

function add(
	visited: Map<string, { collection: string; fields: string[]; items: Set<string> }>,
	collection: string,
	fields: string[],
	key: string,
): void {
	const group = JSON.stringify([collection, fields]);
	const found = visited.get(group);
	if (found) found.items.add(key);
	else visited.set(group, { collection, fields, items: new Set([key]) });
}
