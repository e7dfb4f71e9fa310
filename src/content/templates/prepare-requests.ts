import type { ContentDependency } from '../../cache/dependencies.ts';
import type { GenerationRequest } from '../../contract.ts';
import { collectDeclaredDependencies } from './declared-dependencies.ts';
import { InvalidTemplateError, MissingItemError } from '../errors.ts';
import type { Item } from '../item.ts';
import { fillPlaceholders } from './placeholders.ts';
import { planTemplate, type TemplateLimits } from './template-plan.ts';
import { readItems, type ReadContext } from './read-items.ts';
import { collectValues, renderTemplate } from './render.ts';
import { WorkBudget, waitForTurn } from '../work-budget.ts';

/** A request whose text is ready to be sent, and all the content that its answer will depend on. */
export interface PreparedRequest {
	request: GenerationRequest;
	content: ContentDependency[];
	/** The item that its text was rendered from, null where it holds no template. */
	item: string | null;
}

/** The requests that one request makes, none of them rendered yet. */
export interface RequestPlan {
	/** The item of each; null where there is no template. */
	items: readonly (string | null)[];
	/** Reads and renders one of them. */
	prepare: (index: number) => Promise<PreparedRequest>;
}

/** Items that are read at once, and so in memory at once: each may hold megabytes. */
const ITEMS_PER_READ = 20;

/**
 * Plans a request's item template: one prepared request for each of `items`, one for `item`. A request without an item
 * or without placeholders is taken as it is (but for the backslash of an escaped placeholder, which is dropped wherever
 * there is an item), and depends on what it declares; a rendered one depends on what was read, on the `fields` that it
 * declares of the same item, and on its `depends_on`.
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

/** All requests that one request makes, rendered. */
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

/** Reads items a few at a time, when the first of them is asked for. Each is given out once, and then let go. */
class GroupReader {
	readonly #keys: readonly (string | number)[];
	readonly #readItems: ReadItems;
	readonly #groups = new Map<number, { items: Promise<Map<string, Item>>; left: number }>();

	constructor(keys: readonly (string | number)[], readMany: ReadItems) {
		this.#keys = keys;
		this.#readItems = readMany;
	}

	/** Where one of a group is missing, the others are read without it. */
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
