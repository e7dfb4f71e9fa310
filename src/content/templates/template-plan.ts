import type { SchemaOverview } from '@directus/types';

import { InvalidTemplateError } from '../errors.ts';
import { type FieldPath, type Hop, resolvePath } from './field-path.ts';
import { countTextBytes, type Placeholder, findPlaceholders, type TemplateSource } from './placeholders.ts';

export interface TemplateLimits {
	/** Maximum number of relations in one path. */
	maxDepth: number;
	/** Maximum bytes of one rendered value. */
	maxValueBytes: number;
	/** Maximum number of items that one path leads to. */
	maxRelatedItems: number;
	/** Maximum number of items that all paths of a request lead to, in total. */
	maxValues: number;
	/** Maximum number of different paths in one request. */
	maxPaths: number;
	/** Maximum bytes of one request's rendered text. More than any model accepts. */
	maxTextBytes: number;
}

export const DEFAULT_LIMITS: TemplateLimits = {
	maxDepth: 5,
	maxValueBytes: 1_000_000,
	maxRelatedItems: 10_000,
	maxValues: 100_000,
	maxPaths: 200,
	maxTextBytes: 4_000_000,
};

/** A collection on a template's paths, with the fields that are read from its items and that the text depends on. */
export interface PlanNode {
	collection: string;
	primary: string;
	/** Fields, including relations, whose change changes the text. For a to-many relation's items also the foreign key. */
	fields: Set<string>;
	/** Keyed by the path's segment. */
	relations: Map<string, { hop: Hop; node: PlanNode }>;
}

/** Directus' `deep` parameter. Reads lists completely, not up to the default limit. */
export type DeepQuery = { [segment: string]: DeepQuery | number };

/** How to read an item so that the template can be rendered from it. */
export interface TemplatePlan {
	source: TemplateSource;
	root: PlanNode;
	paths: ReadonlyMap<string, FieldPath>;
	/** How often each path occurs in the texts. */
	uses: ReadonlyMap<string, number>;
	/** Bytes of the texts before they are rendered. */
	textBytes: number;
	/** For `ItemsService.readMany`. */
	fields: string[];
	deep: DeepQuery;
	limits: TemplateLimits;
}

/**
 * Checks the placeholders of the request against the schema. Returns null if there are none. Throws a 400 that names the
 * field if it is unknown or has no value, or if the path has too many relations or a cycle.
 */
export function planTemplate(
	source: TemplateSource,
	collection: string,
	schema: SchemaOverview,
	limits: TemplateLimits = DEFAULT_LIMITS,
): TemplatePlan | null {
	const paths = new Map<string, FieldPath>();
	const uses = new Map<string, number>();
	for (const placeholder of findPlaceholders(source)) {
		const { path } = placeholder;
		uses.set(path, (uses.get(path) ?? 0) + 1);
		if (paths.has(path)) continue;
		if (paths.size === limits.maxPaths) throw createTooManyPathsError(placeholder, limits);
		paths.set(path, resolvePath(placeholder, collection, schema, limits.maxDepth));
	}
	if (paths.size === 0) return null;
	const root = createNode(collection, schema);
	for (const path of paths.values()) addPath(root, path, schema);
	return { source, root, paths, uses, textBytes: countTextBytes(source), ...buildQuery(root, paths), limits };
}

const createTooManyPathsError = ({ path, where }: Placeholder, { maxPaths }: TemplateLimits): Error =>
	new InvalidTemplateError({
		reason: `{{${path}}} in ${where} exceeds the limit of ${maxPaths} different fields`,
		field: path,
	});

function createNode(collection: string, schema: SchemaOverview): PlanNode {
	const primary = schema.collections[collection]?.primary ?? 'id';
	return { collection, primary, fields: new Set(), relations: new Map() };
}

function addPath(root: PlanNode, path: FieldPath, schema: SchemaOverview): void {
	let node = root;
	for (const hop of path.hops) {
		node.fields.add(hop.field);
		if (hop.kind === 'any') node.fields.add(hop.collectionField);
		const child = node.relations.get(hop.segment)?.node ?? createChildNode(hop, schema);
		node.relations.set(hop.segment, { hop, node: child });
		node = child;
	}
	node.fields.add(path.field);
}

/**
 * In a to-many relation, the foreign key puts an item into the list and the sort field decides its position. Directus
 * uses the relation's sort field, or else the collection's. `POST /utils/sort` uses only the collection's.
 */
function createChildNode(hop: Hop, schema: SchemaOverview): PlanNode {
	const node = createNode(hop.collection, schema);
	if (hop.kind !== 'many') return node;
	node.fields.add(hop.relation.field);
	const sort = hop.relation.meta?.sort_field ?? schema.collections[hop.collection]?.sortField ?? null;
	if (sort !== null) node.fields.add(sort);
	return node;
}

/** Builds the field list: each path, and the primary key of every item on it. */
function buildQuery(root: PlanNode, paths: ReadonlyMap<string, FieldPath>): Pick<TemplatePlan, 'fields' | 'deep'> {
	const fields = new Set([root.primary, ...[...paths.keys()]]);
	const deep: DeepQuery = {};
	addRelations(root, '', fields, deep);
	return { fields: [...fields], deep };
}

function addRelations(node: PlanNode, prefix: string, fields: Set<string>, deep: DeepQuery): void {
	for (const [segment, { hop, node: child }] of node.relations) {
		const nested: DeepQuery = hop.kind === 'many' ? { _limit: -1 } : {};
		if (hop.kind === 'any') fields.add(prefix + hop.collectionField);
		fields.add(`${prefix}${segment}.${child.primary}`);
		addRelations(child, `${prefix}${segment}.`, fields, nested);
		if (Object.keys(nested).length > 0) deep[segment] = nested;
	}
}
