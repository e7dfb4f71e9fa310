import * as z from 'zod';
import { CACHE_MODES, CONTENT_TYPES, type GenerationRequest, PROVIDERS, SCOPES } from '../../shared/api-types.ts';
import { InvalidRequestError } from '../errors/errors.ts';
import { once } from '../utils/lazy.ts';
import { demandDepth } from './depth-guard.ts';

export const provider = once(() => z.enum(PROVIDERS, `must be one of ${PROVIDERS.join(', ')}`));
export const name = once(() => z.string().trim().min(1, 'must not be empty').max(256, 'is longer than 256 characters'));
/** One item: what reads as all of them to people is the key of none, and nothing that changes would take its token. */
export const itemKey = once(() =>
	z
		.union(
			[z.string().min(1, 'must not be empty').max(256, 'is longer than 256 characters'), z.number()],
			'must be a string or a number',
		)
		.refine((key) => String(key).trim() !== '*', 'must be the key of one item: leave items out for all of them'),
);
/** One field of the collection itself. Directus' notation for several, or for a related item's, names no field. */
export const fieldName = once(() =>
	name().refine(
		(field) => !/[*.()]/.test(field),
		'must be the name of one field: leave fields out for all of them, and name those of related items in depends_on',
	),
);
export const seconds = once(() =>
	z.number().min(0, 'must not be negative').max(315_360_000, 'is longer than ten years'),
);

const directives = once(() =>
	z.strictObject({
		mode: z.enum(CACHE_MODES, `must be one of ${CACHE_MODES.join(', ')}`).optional(),
		ttl: seconds().optional(),
		max_age: seconds().optional(),
		scope: z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`).optional(),
		stale_while_revalidate: seconds().optional(),
		stale_if_error: seconds().optional(),
	}),
);

/** The parts of a request that say what its answer depends on and how it is kept; shared by all doors. */
export const cachingShape = once(() => {
	const items = z.array(itemKey()).min(1, 'must not be empty').max(1000, 'has more than 1000 elements').optional();
	const fields = z.array(fieldName()).min(1, 'must not be empty').max(200, 'has more than 200 elements').optional();
	const dependency = z.strictObject({ collection: name(), items, fields });
	return {
		collection: name().optional(),
		item: itemKey().optional(),
		items,
		fields,
		tags: z.array(name()).max(100, 'has more than 100 elements').optional(),
		depends_on: z.array(dependency).max(100, 'has more than 100 elements').optional(),
		content_type: z.enum(CONTENT_TYPES, `must be one of ${CONTENT_TYPES.join(', ')}`).optional(),
		confidence: z.number().min(0, 'must not be negative').max(10, 'is more than 10').optional(),
		cache: directives().optional(),
	};
});

/** What no door takes of `cachingShape`. */
export function refuseContradictions(
	{ collection, item, items, fields }: Partial<Record<'collection' | 'item' | 'items' | 'fields', unknown>>,
	refuse: (field: string, message: string) => void,
): void {
	if (item !== undefined && items !== undefined) refuse('items', 'and item exclude each other');
	for (const [field, value] of Object.entries({ item, items, fields })) {
		if (value !== undefined && collection === undefined) refuse(field, 'needs collection');
	}
}

const generationSchema = once(() =>
	z
		.strictObject({
			provider: provider(),
			model: name(),
			prompt: z.string().min(1, 'must not be empty').optional(),
			messages: z.array(z.json()).min(1, 'must not be empty').optional(),
			system: z.string().optional(),
			params: z.record(z.string(), z.json()).optional(),
			...cachingShape(),
			stream: z.boolean().optional(),
		})
		.superRefine((request, context) => {
			const refuse = (field: string, message: string): void => {
				context.addIssue({ code: 'custom', path: [field], message });
			};
			if (request.prompt === undefined && request.messages === undefined) refuse('prompt', 'or messages must be given');
			if (request.prompt !== undefined && request.messages !== undefined)
				refuse('messages', 'and prompt exclude each other');
			refuseContradictions(request, refuse);
			if (request.params && 'stream' in request.params) refuse('params.stream', 'belongs beside params, as stream');
		}),
);

/**
 * A native request; throws an `InvalidRequestError` that names the first field that is wrong, and all others too.
 * `where` is put before their names.
 */
export function parseGeneration(input: unknown, where = ''): GenerationRequest {
	return parse(generationSchema(), input, where) as GenerationRequest;
}

/** Checks input from outside; `where` is put before the names of its fields. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, where = ''): z.output<Schema> {
	demandDepth(input);
	// Without its input, an issue does not tell what is missing from what is of another type.
	const parsed = schema.safeParse(input, { reportInput: true });
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.flatMap((issue) => describe(issue, where));
	const reason = problems.map(({ field, message }) => (field ? `"${field}" ${message}` : message)).join('; ');
	throw new InvalidRequestError({ field: problems[0]?.field ?? '', reason });
}

function describe(issue: z.core.$ZodIssue, where: string): { field: string; message: string }[] {
	const path = [...(where ? [where] : []), ...issue.path.map(String)].join('.');
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map((key) => ({ field: [path, key].filter(Boolean).join('.'), message: 'is not a known field' }));
	}
	if (issue.input === undefined && path && isTypeIssue(issue)) return [{ field: path, message: 'is missing' }];
	const message =
		issue.code === 'invalid_type'
			? `must be ${article(issue.expected === 'record' ? 'object' : issue.expected)}`
			: issue.message;
	return [{ field: path, message: path ? message : `The body ${message}` }];
}

const isTypeIssue = ({ code }: z.core.$ZodIssue): boolean => code === 'invalid_type' || code === 'invalid_value';

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
