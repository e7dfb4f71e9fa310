/**
 * A Flow replaces every `{{…}}` in an operation's options with its own data before the operation runs, and writes
 * `undefined` for missing data. So a Flow's prompt names an item's fields as `[[title]]`. The author's original text is
 * read from the Flow's definition, so that text from outside is never interpreted as a field.
 */

import { InvalidRequestError } from '../services/errors/errors.ts';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const ITEM_FIELD = /\[\[([^[\]{}]+)\]\]/g;
const FLOW_VALUE = /\{\{([^{}]+)\}\}/g;

export interface AuthoredTexts {
	/** Paths written as `[[path]]`. */
	itemFields: ReadonlySet<string>;
	/** Paths written as `{{path}}`. */
	flowValues: ReadonlySet<string>;
	/** The flow values that make up a whole option. If one is null, the option is omitted. */
	optional: ReadonlySet<string>;
}

/** Options that go to the model, so a null value is an error. */
const READ_OPTIONS = new Set(['prompt', 'system', 'messages']);
const ALONE = /^\s*\{\{([^{}]+)\}\}\s*$/;

/**
 * Reads what the Flow's author wrote into the options of the running operation. Returns null if the Flow is unknown. If
 * two operations could be the running one (resolve and reject path with the same type), the texts of both count. A Flow
 * that another Flow triggers gets the other Flow's definition, whose operations do not match.
 */
export function readAuthoredTexts(flow: unknown, data: Node, type: string, filled: Node): AuthoredTexts | null {
	if (!isNode(flow)) return null;
	const steps = findNextSteps(flow['operation'], data).filter(
		(step) => step['type'] === type && canBecome(step, filled),
	);
	if (steps.length === 0) return null;
	const options = steps.flatMap((step) => (isNode(step['options']) ? Object.entries(step['options']) : []));
	const isOptional = ([name, value]: [string, unknown]): boolean =>
		typeof value === 'string' && ALONE.test(value) && !READ_OPTIONS.has(name);
	const collectPaths = (pattern: RegExp, among: [string, unknown][]): Set<string> => {
		const texts = among.flatMap(([, value]) => collectTexts(value));
		return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => (match[1] ?? '').trim())));
	};
	// If two operations could be running, one may need a value that the other does not have.
	const known = steps.length === 1 ? options : [];
	const needed = collectPaths(
		FLOW_VALUE,
		known.filter((option) => !isOptional(option)),
	);
	const optional = [...collectPaths(FLOW_VALUE, known.filter(isOptional))].filter((path) => !needed.has(path));
	return {
		itemFields: collectPaths(ITEM_FIELD, options),
		flowValues: collectPaths(FLOW_VALUE, known),
		optional: new Set(optional),
	};
}

/** Finds the operations that may be running: the ones after the last operation that stored data under its key. */
function findNextSteps(first: unknown, data: Node): Node[] {
	if (!isNode(first)) return [];
	if (!Object.hasOwn(data, String(first['key']))) return [first];
	return [...findNextSteps(first['resolve'], data), ...findNextSteps(first['reject'], data)];
}

/** Returns whether the operation's options can become these: texts are equal up to the first `{{`. */
function canBecome(step: Node, options: Node): boolean {
	if (!isNode(step['options'])) return false;
	return Object.entries(step['options']).every(([name, written]) => {
		if (typeof written !== 'string') return true;
		const start = written.indexOf('{{');
		const value = options[name];
		if (start === -1) return value === written;
		return start === 0 || (typeof value === 'string' && value.startsWith(written.slice(0, start)));
	});
}

function collectTexts(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	return typeof value === 'object' && value !== null ? Object.values(value).flatMap(collectTexts) : [];
}

/** Converts the author's `[[path]]` to `{{path}}` and escapes every other `{{…}}`. */
export function convertToTemplate(text: string, itemFields: ReadonlySet<string>): string {
	return text
		.replaceAll(FLOW_VALUE, (whole) => `\\${whole}`)
		.replaceAll(ITEM_FIELD, (whole, path: string) => (itemFields.has(path.trim()) ? `{{${path.trim()}}}` : whole));
}

/** Finds the author's `{{path}}` for which the Flow has no data. Directus writes "undefined" or "null" for them. */
export function findMissingValues(
	{ flowValues, optional }: Pick<AuthoredTexts, 'flowValues' | 'optional'>,
	data: Node,
): string[] {
	return [...flowValues].filter((path) => {
		const value = resolveValue(path, data);
		return value === undefined || (value === null && !optional.has(path));
	});
}

/** Throws a 400 that names each `{{path}}` for which the Flow has no value. */
export function requireValues(authored: AuthoredTexts | null, data: Node): void {
	const missing = authored ? findMissingValues(authored, data) : [];
	if (missing.length === 0) return;
	throw new InvalidRequestError({
		field: missing.join(', '),
		reason: `The flow has no value for ${missing.map((path) => `{{${path}}}`).join(', ')}`,
	});
}

/** Writes `{{title}}` in a message as `[[title]]` again, as the author wrote it. */
export const restoreAuthorSyntax = (message: string, itemFields: ReadonlySet<string>): string =>
	message.replaceAll(FLOW_VALUE, (whole, path: string) => (itemFields.has(path.trim()) ? `[[${path.trim()}]]` : whole));

/** Parts of a path: `name`, `[0]`, `["a.b"]`, `['a b']`. A quoted text is one part. */
const NAMES = /\[(?:\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`)\s*|([^[\]]*))\]|([^.[\]]+)/g;

/** Directus writes paths as `$trigger.keys[0]` or `step["a.b"]`. */
function resolveValue(path: string, data: Node): unknown {
	const names = [...path.matchAll(NAMES)].map(
		([, double, single, back, index, plain]) => double ?? single ?? back ?? (index ?? plain ?? '').trim(),
	);
	return names.reduce<unknown>(
		(value, name) => (typeof value === 'object' && value !== null ? (value as Node)[name] : undefined),
		data,
	);
}
