import type { ContentDependency } from '../cache/dependencies.ts';
import type { GenerationRequest } from '../contract.ts';
import { declaredDependencies } from './declared.ts';
import { InvalidTemplateError } from './errors.ts';
import { fillPlaceholders } from './placeholders.ts';
import { planTemplate, type TemplateLimits } from './plan.ts';
import { readItems, type ReadContext } from './read.ts';
import { renderTemplate } from './render.ts';

/** A request whose text is ready to be sent, and all the content that its answer will depend on. */
export interface PreparedRequest {
	request: GenerationRequest;
	content: ContentDependency[];
	/** The item that its text was rendered from, null where it holds no template. */
	item: string | null;
}

/**
 * Renders a request's item template: one prepared request for each of `items`, one for `item`, all read at once.
 * A request without an item or without placeholders is taken as it is (but for the backslash of an escaped
 * placeholder, which is dropped wherever there is an item), and depends on what it declares; a rendered
 * one depends on what was read, on the `fields` that it declares of the same item, and on its `depends_on`.
 */
export async function prepareRequests(
	request: GenerationRequest,
	context: ReadContext,
	limits?: TemplateLimits,
): Promise<PreparedRequest[]> {
	const keys = request.items ?? (request.item === undefined ? [] : [request.item]);
	const { collection } = request;
	const plan =
		collection === undefined || keys.length === 0
			? null
			: planTemplate(request, demandCollection(collection, context), context.schema, limits);
	if (!plan) {
		const texts = keys.length > 0 ? fillPlaceholders(request, () => '') : {};
		return [{ request: { ...request, ...texts }, content: declaredDependencies(request), item: null }];
	}
	const items = await readItems(plan, keys, context);
	return keys.map((key) => {
		const { content, ...texts } = renderTemplate(plan, items.get(String(key)) ?? {});
		const { items: _, ...single } = { ...request, ...texts, item: key };
		return { request: single, content: [...content, ...declaredBesides(single)], item: String(key) };
	});
}

function declaredBesides(request: GenerationRequest): ContentDependency[] {
	if (request.fields) return declaredDependencies(request);
	return declaredDependencies({ ...(request.depends_on && { depends_on: request.depends_on }) });
}

function demandCollection(collection: string, { schema }: ReadContext): string {
	if (Object.hasOwn(schema.collections, collection)) return collection;
	throw new InvalidTemplateError({ reason: `Collection "${collection}" does not exist`, field: 'collection' });
}
