/**
 * A Flow replaces every `{{…}}` in a step's options with its own data before the step runs, and writes `undefined`
 * for what it does not have. So an item's fields are written `[[title]]` in a Flow's prompt, and what its author wrote
 * is looked up in the flow itself: text from outside that the flow put in is never read as a field.
 */

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const ITEM_FIELD = /\[\[([^[\]{}]+)\]\]/g;
const FLOW_VALUE = /\{\{([^{}]+)\}\}/g;

export interface AuthoredTexts {
	/** Paths written as `[[path]]`. */
	itemFields: ReadonlySet<string>;
	/** Paths written as `{{path}}`. */
	flowValues: ReadonlySet<string>;
}

/**
 * What the author of the flow wrote into the options of the step that is running, null where the flow is not known.
 * Of two steps that might be it (a resolve and a reject path of the same kind), what is written in either counts.
 * A flow that another one triggers is shown the other one; its steps are not mistaken for this one's.
 */
export function authoredTexts(flow: unknown, data: Node, type: string, options: Node): AuthoredTexts | null {
	if (!isNode(flow)) return null;
	const steps = nextSteps(flow['operation'], data).filter((step) => step['type'] === type && becomes(step, options));
	if (steps.length === 0) return null;
	const texts = steps.flatMap((step) => textsIn(step['options']));
	const found = (pattern: RegExp): Set<string> =>
		new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => (match[1] ?? '').trim())));
	const flowValues = steps.length === 1 ? found(FLOW_VALUE) : new Set<string>();
	return { itemFields: found(ITEM_FIELD), flowValues };
}

/** The steps that may be running: those after the last one that has left its data, under its key. */
function nextSteps(first: unknown, data: Node): Node[] {
	if (!isNode(first)) return [];
	if (!Object.hasOwn(data, String(first['key']))) return [first];
	return [...nextSteps(first['resolve'], data), ...nextSteps(first['reject'], data)];
}

/** Whether the step's options, once filled in, can be these: texts begin alike up to the first `{{`. */
function becomes(step: Node, options: Node): boolean {
	if (!isNode(step['options'])) return false;
	return Object.entries(step['options']).every(([name, written]) => {
		if (typeof written !== 'string') return true;
		const start = written.indexOf('{{');
		const value = options[name];
		if (start === -1) return value === written;
		return start === 0 || (typeof value === 'string' && value.startsWith(written.slice(0, start)));
	});
}

function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The text with the author's `[[path]]` as `{{path}}`, and all other `{{…}}` marked as plain text. */
export function toTemplate(text: string, itemFields: ReadonlySet<string>): string {
	return text
		.replaceAll(FLOW_VALUE, (whole) => `\\${whole}`)
		.replaceAll(ITEM_FIELD, (whole, path: string) => (itemFields.has(path.trim()) ? `{{${path.trim()}}}` : whole));
}

/** Those of the author's `{{path}}` that the flow's data do not have. */
export function missingValues(flowValues: ReadonlySet<string>, data: Node): string[] {
	return [...flowValues].filter((path) => valueAt(path, data) === undefined);
}

/** Directus writes paths as `$trigger.keys[0]` or `step["a b"]`. */
function valueAt(path: string, data: Node): unknown {
	const parts = path.split(/[.[\]'"]+/).filter((part) => part !== '');
	return parts.reduce<unknown>(
		(value, part) => (typeof value === 'object' && value !== null ? (value as Node)[part] : undefined),
		data,
	);
}
