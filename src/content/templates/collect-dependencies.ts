import type { ContentDependency } from '../../cache/dependencies.ts';
import { type Item, formatKey, getRelatedItems } from '../item.ts';
import type { PlanNode } from './template-plan.ts';

/**
 * What a text depends on that was rendered from this item: for each item on the way, the fields read of it.
 *
 * Which edits meet which of them:
 * - a to-one relation: its field in the item that has it (another item is chosen), and the chosen item's fields;
 * - a to-many relation: its field in the item that has it, as `articles/5: comments`. Directus reports no change of
 *   that field when a comment is created or moved here: `changesOf` derives it from the comment's foreign key. A
 *   comment that is removed, moved away or put elsewhere in the order is met by its own existence, foreign key and
 *   sort field. Comments of other articles meet none of these;
 * - many-to-many, translations and many-to-any: the same for the junction's rows, then to-one to the item behind.
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
