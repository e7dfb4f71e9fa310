/**
 * A Flow replaces every `{{…}}` in a step's options with its own data before the step runs, and writes `undefined`
 * for what it does not have. So an item's fields are written `[[title]]` in a Flow's prompt, and what its author wrote
 * is looked up in the flow itself: text from outside that the flow put in is never read as a field.
 */

import { InvalidRequestError } from '../runtime/errors.ts';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const ITEM_FIELD = /\[\[([^[\]{}]+)\]\]/g;
const FLOW_VALUE = /\{\{([^{}]+)\}\}/g;

export interface AuthoredTexts {
	/** Paths written as `[[path]]`. */
	itemFields: ReadonlySet<string>;
	/** Paths written as `{{path}}`. */
	flowValues: ReadonlySet<string>;
	/** Those of them that are an option all by themselves: with null, the option is left out. */
	optional: ReadonlySet<string>;
}

/** Options that a model reads: null is no text. */
const READ_OPTIONS = new Set(['prompt', 'system', 'messages']);
const ALONE = /^\s*\{\{([^{}]+)\}\}\s*$/;

/**
 * What the author of the flow wrote into the options of the step that is running, null where the flow is not known.
 * Of two steps that might be it (a resolve and a reject path of the same kind), what is written in either counts.
 * A flow that another one triggers is shown the other one; its steps are not mistaken for this one's.
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
	// Of two steps that might be running, a value that one needs may be none that the other has.
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

/** The steps that may be running: those after the last one that has left its data, under its key. */
function findNextSteps(first: unknown, data: Node): Node[] {
	if (!isNode(first)) return [];
	if (!Object.hasOwn(data, String(first['key']))) return [first];
	return [...findNextSteps(first['resolve'], data), ...findNextSteps(first['reject'], data)];
}

/** Whether the step's options, once filled in, can be these: texts begin alike up to the first `{{`. */
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

/** The text with the author's `[[path]]` as `{{path}}`, and all other `{{…}}` marked as plain text. */
export function convertToTemplate(text: string, itemFields: ReadonlySet<string>): string {
	return text
		.replaceAll(FLOW_VALUE, (whole) => `\\${whole}`)
		.replaceAll(ITEM_FIELD, (whole, path: string) => (itemFields.has(path.trim()) ? `{{${path.trim()}}}` : whole));
}

/** Those of the author's `{{path}}` that the flow's data do not have: Directus writes "undefined" or "null" for them. */
export function findMissingValues(
	{ flowValues, optional }: Pick<AuthoredTexts, 'flowValues' | 'optional'>,
	data: Node,
): string[] {
	return [...flowValues].filter((path) => {
		const value = resolveValue(path, data);
		return value === undefined || (value === null && !optional.has(path));
	});
}

/** Throws a 400 that names the `{{path}}` of the author for which the flow has no value. */
export function requireValues(authored: AuthoredTexts | null, data: Node): void {
	const missing = authored ? findMissingValues(authored, data) : [];
	if (missing.length === 0) return;
	throw new InvalidRequestError({
		field: missing.join(', '),
		reason: `The flow has no value for ${missing.map((path) => `{{${path}}}`).join(', ')}`,
	});
}

/** A message about `{{title}}`, which the author wrote as `[[title]]`, in the author's words. */
export const restoreAuthorSyntax = (message: string, itemFields: ReadonlySet<string>): string =>
	message.replaceAll(FLOW_VALUE, (whole, path: string) => (itemFields.has(path.trim()) ? `[[${path.trim()}]]` : whole));

/** Names of a path: `name`, `[0]`, `["a.b"]`, `['a b']`. What stands within quotes is one name. */
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
