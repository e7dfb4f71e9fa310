import * as z from 'zod';
import type { InvalidationRequest } from '../../shared/api-types.ts';
import { fieldName, itemKey, name, parse, provider } from './generation-schema.ts';
import { once } from '../utils/lazy.ts';

const invalidationSchema = once(() =>
	z
		.strictObject({
			provider: provider().optional(),
			model: name().optional(),
			collection: name().optional(),
			items: z.array(itemKey()).min(1, 'must not be empty').max(10_000, 'has more than 10000 elements').optional(),
			fields: z.array(fieldName()).min(1, 'must not be empty').max(200, 'has more than 200 elements').optional(),
			tags: z.array(name()).min(1, 'must not be empty').max(1000, 'has more than 1000 elements').optional(),
			key: name().optional(),
			all: z.boolean().optional(),
			dry_run: z.union([z.boolean(), z.literal('edit')], 'must be true, false or "edit"').optional(),
		})
		.superRefine(({ dry_run: dryRun, all, ...criteria }, context) => {
			const refuse = (field: string, message: string): void => {
				context.addIssue({ code: 'custom', path: [field], message });
			};
			const given = Object.values(criteria).some((criterion) => criterion !== undefined);
			if (!given && all !== true) refuse('all', 'must be true where no other criterion is given');
			if (given && all === true) refuse('all', 'and other criteria exclude each other');
			for (const field of ['items', 'fields'] as const) {
				if (criteria[field] !== undefined && criteria.collection === undefined) refuse(field, 'needs collection');
			}
			if (dryRun !== 'edit') return;
			if (criteria.collection === undefined || criteria.items === undefined)
				refuse('items', 'must name what is edited');
			if (criteria.key !== undefined) refuse('key', 'is nothing that can be edited');
		}),
);

/** What to drop; throws an `InvalidRequestError`, also for an empty set of criteria without `all: true`. */
export function parseInvalidation(input: unknown): InvalidationRequest {
	return parse(invalidationSchema(), input) as InvalidationRequest;
}
