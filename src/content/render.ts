import type { ContentDependency } from '../cache/dependencies.ts';
import { dependenciesOf } from './dependencies-of.ts';
import { ForbiddenFieldError, InvalidTemplateError } from './errors.ts';
import type { FieldPath } from './field-path.ts';
import { isItem, type Item, relatedItems } from './item.ts';
import { fillPlaceholders, type TemplateSource } from './placeholders.ts';
import type { TemplateLimits, TemplatePlan } from './plan.ts';

export interface RenderedTemplate extends TemplateSource {
	/** Exactly what the text was made from. */
	content: ContentDependency[];
}

/**
 * Writes the item's values into the request. Lists are joined by `, ` without their empty values, null is an empty
 * text. A value that is no text, number or boolean, or that is too long, is a 400 that names the field; one that the
 * caller may not read, and that Directus therefore left out, a 403.
 */
export function renderTemplate(plan: TemplatePlan, item: Item): RenderedTemplate {
	const texts = new Map([...plan.paths.values()].map((path) => [path.path, textOf(path, item, plan.limits)]));
	return {
		...fillPlaceholders(plan.source, (path) => texts.get(path) ?? ''),
		content: dependenciesOf(plan.root, item),
	};
}

function textOf(path: FieldPath, item: Item, limits: TemplateLimits): string {
	const values = itemsAt(path, item, limits).map((holder) => valueText(path, holder));
	const text = values.filter((value) => value !== '').join(', ');
	const bytes = Buffer.byteLength(text);
	if (bytes <= limits.maxValueBytes) return text;
	throw new InvalidTemplateError({
		reason: `{{${path.path}}} is ${bytes} bytes long, more than the limit of ${limits.maxValueBytes}`,
		field: path.path,
	});
}

/** The items that hold the path's last field. */
function itemsAt(path: FieldPath, root: Item, limits: TemplateLimits): Item[] {
	let items = [root];
	for (const hop of path.hops) {
		items = items.flatMap((item) => {
			const related = relatedItems(hop, item);
			if (!related) throw forbidden(path, hop.field);
			if (related.length > limits.maxRelatedItems) throw tooMany(path, related.length, limits);
			return related;
		});
	}
	return items;
}

function valueText(path: FieldPath, item: Item): string {
	const { field, keyField, type } = path;
	const value = item[field];
	if (value === undefined) throw forbidden(path, field);
	if (keyField !== null && isItem(value)) return scalarText(value[keyField], path);
	if (type === 'csv' && Array.isArray(value)) return value.map((part) => scalarText(part, path)).join(', ');
	return scalarText(value, path);
}

function scalarText(value: unknown, path: FieldPath): string {
	if (value === null) return '';
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
	if (value instanceof Date) return value.toISOString();
	throw new InvalidTemplateError({
		reason: `{{${path.path}}} is ${Array.isArray(value) ? 'a list' : 'an object'}, not a text, number or boolean`,
		field: path.path,
	});
}

const forbidden = ({ path }: FieldPath, field: string): Error =>
	new ForbiddenFieldError({ reason: `You may not read "${field}", which {{${path}}} needs`, field: path });

const tooMany = ({ path }: FieldPath, count: number, { maxRelatedItems }: TemplateLimits): Error =>
	new InvalidTemplateError({
		reason: `{{${path}}} leads to ${count} items, more than the limit of ${maxRelatedItems}`,
		field: path,
	});
