import type { ContentDependency } from '../../cache/tags/tags.ts';
import { collectDependencies } from './collect-dependencies.ts';
import { ForbiddenFieldError, InvalidTemplateError } from '../errors.ts';
import type { FieldPath } from './field-path.ts';
import { isItem, type Item, getRelatedItems } from '../item.ts';
import { fillPlaceholders, type TemplateSource } from './placeholders.ts';
import type { TemplateLimits, TemplatePlan } from './template-plan.ts';

export interface RenderedTemplate extends TemplateSource {
	/** The items and fields that the text was rendered from. */
	content: ContentDependency[];
}

/** The values of one item, formatted as text. */
export interface TemplateValues {
	texts: ReadonlyMap<string, string>;
	/** An upper bound of the rendered text's bytes. */
	bytes: number;
}

/**
 * Reads the template's values from the item and checks their size before any text is built. Lists are joined by `, `
 * without empty values; null becomes an empty text. Throws a 400 that names the placeholder if a value is not a text,
 * number or boolean, or if there is too much text. Throws a 403 that names it if Directus omitted a value that the caller
 * may not read.
 */
export function collectValues(plan: TemplatePlan, item: Item): TemplateValues {
	const { limits, uses } = plan;
	const texts = new Map<string, string>();
	let values = 0;
	let { textBytes: bytes } = plan;
	for (const path of plan.paths.values()) {
		const holders = findHolders(path, item, limits);
		values += holders.length;
		if (values > limits.maxValues) throw createTooManyError(path, values, limits.maxValues);
		const { text, size } = joinValues(path, holders, limits);
		const times = uses.get(path.path) ?? 1;
		bytes += size * times;
		if (bytes > limits.maxTextBytes) throw createTooLongError(path, size, times, limits);
		texts.set(path.path, text);
	}
	return { texts, bytes };
}

/** Puts the item's values into the request. */
export function renderTemplate(
	plan: TemplatePlan,
	item: Item,
	{ texts }: TemplateValues = collectValues(plan, item),
): RenderedTemplate {
	return {
		...fillPlaceholders(plan.source, (path) => texts.get(path) ?? ''),
		content: collectDependencies(plan.root, item),
	};
}

/** Checks the size after each value, because thousands of long values exceed the maximum string length. */
function joinValues(path: FieldPath, holders: Item[], limits: TemplateLimits): { text: string; size: number } {
	const values: string[] = [];
	let size = 0;
	for (const holder of holders) {
		const value = formatValue(path, holder);
		if (value === '') continue;
		size += Buffer.byteLength(value) + (values.length > 0 ? 2 : 0);
		if (size > limits.maxValueBytes) {
			throw new InvalidTemplateError({
				reason: `{{${path.path}}} has ${size} bytes, more than the limit of ${limits.maxValueBytes}`,
				field: path.path,
			});
		}
		values.push(value);
	}
	return { text: values.join(', '), size };
}

/** Finds the items that contain the path's last field. */
function findHolders(path: FieldPath, root: Item, { maxRelatedItems }: TemplateLimits): Item[] {
	let items = [root];
	for (const hop of path.hops) {
		const next: Item[] = [];
		for (const item of items) {
			const related = getRelatedItems(hop, item);
			if (!related) throw createForbiddenError(path, hop.field);
			if (next.length + related.length > maxRelatedItems)
				throw createTooManyError(path, next.length + related.length, maxRelatedItems);
			for (const one of related) next.push(one);
		}
		items = next;
	}
	return items;
}

function formatValue(path: FieldPath, item: Item): string {
	const { field, keyField, type } = path;
	const value = item[field];
	if (value === undefined) throw createForbiddenError(path, field);
	if (keyField !== null && isItem(value)) return formatScalar(value[keyField], path);
	if (type === 'csv' && Array.isArray(value)) return value.map((part) => formatScalar(part, path)).join(', ');
	return formatScalar(value, path);
}

function formatScalar(value: unknown, path: FieldPath): string {
	if (value === null) return '';
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
	if (value instanceof Date) return value.toISOString();
	throw new InvalidTemplateError({
		reason: `{{${path.path}}} is ${Array.isArray(value) ? 'a list' : 'an object'}, not a text, number or boolean`,
		field: path.path,
	});
}

const createForbiddenError = ({ path }: FieldPath, field: string): Error =>
	new ForbiddenFieldError({ reason: `You may not read "${field}", which {{${path}}} needs`, field: path });

const createTooManyError = ({ path }: FieldPath, count: number, most: number): Error =>
	new InvalidTemplateError({
		reason: `{{${path}}} leads to ${count} items, more than the limit of ${most}`,
		field: path,
	});

const createTooLongError = (
	{ path }: FieldPath,
	size: number,
	times: number,
	{ maxTextBytes }: TemplateLimits,
): Error =>
	new InvalidTemplateError({
		reason: `{{${path}}}, ${size} bytes written ${times} times, makes the text longer than the limit of ${maxTextBytes} bytes`,
		field: path,
	});
