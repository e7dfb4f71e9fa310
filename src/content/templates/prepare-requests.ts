import type { ContentDependency } from '../../cache/tags/tags.ts';
import type { GenerationRequest } from '../../shared/api-types.ts';
import { collectDeclaredDependencies } from './declared-dependencies.ts';
import { InvalidTemplateError, MissingItemError } from '../errors.ts';
import type { Item } from '../item.ts';
import { fillPlaceholders } from './placeholders.ts';
import { planTemplate, type TemplateLimits } from './template-plan.ts';
import { readItems, type ReadContext } from './read-items.ts';
import { collectValues, renderTemplate } from './render.ts';
import { WorkBudget, waitForTurn } from '../work-budget.ts';

/** A request whose text is rendered, and the content that its answer depends on. */
export interface PreparedRequest {
	request: GenerationRequest;
	content: ContentDependency[];
	/** The item that the text was rendered from. Null if there is no template. */
	item: string | null;
}

/** The requests that one templated request expands to, before rendering. */
export interface RequestPlan {
	/** The item of each request. Null if there is no template. */
	items: readonly (string | null)[];
	/** Reads and renders one request. */
	prepare: (index: number) => Promise<PreparedRequest>;
}

/** Items read, and held in memory, at the same time. Each may hold megabytes. */
const ITEMS_PER_READ = 20;

/**
 * Plans a request's item template: one prepared request for `item`, or one for each of `items`.
 *
 * A request without an item or without placeholders keeps its text and depends on its declared dependencies. (If there
 * is an item, the backslash of an escaped placeholder is removed.) A rendered request depends on the items and fields
 * that were read, on its declared `fields` of the same item, and on its `depends_on`.
 */
export function planRequests(
	request: GenerationRequest,
	context: ReadContext,
	work: WorkBudget,
	limits?: TemplateLimits,
): RequestPlan {
	const keys = request.items ?? (request.item === undefined ? [] : [request.item]);
	const { collection } = request;
	const plan =
		collection === undefined || keys.length === 0
			? null
			: planTemplate(request, requireCollection(collection, context), context.schema, limits);
	if (!plan) {
		const texts = keys.length > 0 ? fillPlaceholders(request, () => '') : {};
		const prepared = { request: { ...request, ...texts }, content: collectDeclaredDependencies(request), item: null };
		return { items: [null], prepare: async () => prepared };
	}
	const reader = new GroupReader(keys, (some) => readItems(plan, some, context));
	return {
		items: keys.map(String),
		prepare: async (index) => {
			const key = keys[index]!;
			const item = await reader.read(index);
			const values = collectValues(plan, item);
			work.spend(values.bytes, [...plan.paths.keys()][0]!);
			await waitForTurn(values.bytes);
			const { content, ...texts } = renderTemplate(plan, item, values);
			const { items: _, ...single } = { ...request, ...texts, item: key };
			return { request: single, content: [...content, ...collectOtherDependencies(single)], item: String(key) };
		},
	};
}

/** Renders all requests that one request expands to. */
export async function prepareRequests(
	request: GenerationRequest,
	context: ReadContext,
	limits?: TemplateLimits,
): Promise<PreparedRequest[]> {
	const plan = planRequests(request, context, new WorkBudget(), limits);
	const prepared: PreparedRequest[] = [];
	for (const index of plan.items.keys()) prepared.push(await plan.prepare(index));
	return prepared;
}

type ReadItems = (keys: (string | number)[]) => Promise<Map<string, Item>>;

/** Reads items in groups, when the first item of a group is requested. Each item is returned once and then released. */
class GroupReader {
	readonly #keys: readonly (string | number)[];
	readonly #readItems: ReadItems;
	readonly #groups = new Map<number, { items: Promise<Map<string, Item>>; left: number }>();

	constructor(keys: readonly (string | number)[], readMany: ReadItems) {
		this.#keys = keys;
		this.#readItems = readMany;
	}

	/** If one item of a group is missing, the others are read one by one. */
	async read(index: number): Promise<Item> {
		const key = this.#keys[index]!;
		const items = await this.#readGroup(index).catch(async (error: unknown) => {
			if (!(error instanceof MissingItemError) || this.#keys.length < 2) throw error;
			return this.#readItems([key]);
		});
		return items.get(String(key)) ?? {};
	}

	#readGroup(index: number): Promise<Map<string, Item>> {
		const start = index - (index % ITEMS_PER_READ);
		const keys = this.#keys.slice(start, start + ITEMS_PER_READ);
		const group = this.#groups.get(start) ?? { items: this.#readItems(keys), left: keys.length };
		group.left--;
		if (group.left > 0) this.#groups.set(start, group);
		else this.#groups.delete(start);
		return group.items;
	}
}

function collectOtherDependencies(request: GenerationRequest): ContentDependency[] {
	if (request.fields) return collectDeclaredDependencies(request);
	return collectDeclaredDependencies({ ...(request.depends_on && { depends_on: request.depends_on }) });
}

function requireCollection(collection: string, { schema }: ReadContext): string {
	if (Object.hasOwn(schema.collections, collection)) return collection;
	throw new InvalidTemplateError({ reason: `Collection "${collection}" does not exist`, field: 'collection' });
}
