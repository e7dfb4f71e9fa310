import type { Router } from 'express';
import * as z from 'zod';
import { parse, parseGeneration } from '../../services/validation/generation-schema.ts';
import { once } from '../../services/utils/lazy.ts';
import type { Runtime } from '../../host/container.ts';
import { readBody, readQuery, requireAdmin, route } from '../http.ts';
import { parseLimit } from '../query-params.ts';

const warmSchema = once(() =>
	z
		.strictObject({
			requests: z
				.array(z.unknown())
				.min(1, 'must not be empty')
				.max(1000, 'must have at most 1000 elements')
				.optional(),
			top: z
				.number()
				.int('must be a whole number')
				.min(1, 'must be at least 1')
				.max(1000, 'must be at most 1000')
				.optional(),
			budget_usd: z.number().min(0, 'must not be negative').optional(),
		})
		.refine(({ requests, top }) => (requests === undefined) !== (top === undefined), {
			path: ['requests'],
			message: 'or top must be given, not both',
		}),
);

/** Starts, lists and aborts warming jobs, and lists the requests worth warming. */
export function registerWarmingRoutes(router: Router, runtime: Runtime): void {
	const { warmer } = runtime;
	const { values } = runtime.settings;

	router.get(
		'/warm/candidates',
		route(async (request) => {
			requireAdmin(request, values);
			return warmer.candidates(parseLimit(readQuery(request), 'top'), values.AI_CACHE_STUDIO_SHOW_CONTENT);
		}),
	);

	router.post(
		'/warm',
		route(async (request) => {
			const caller = requireAdmin(request, values);
			const {
				requests,
				top,
				budget_usd: budget = values.AI_CACHE_WARM_BUDGET,
			} = parse(warmSchema(), readBody(request));
			if (top !== undefined) return warmer.top(top, budget);
			const parsed = (requests ?? []).map((request, index) => parseGeneration(request, `requests.${index}`));
			return warmer.requests(parsed, caller, budget);
		}),
	);

	router.get(
		'/warm',
		route(async (request) => {
			requireAdmin(request, values);
			return warmer.jobs();
		}),
	);

	router.get(
		'/warm/:id',
		route(async (request) => {
			requireAdmin(request, values);
			return warmer.job(request.params['id'] ?? '');
		}),
	);

	router.delete(
		'/warm/:id',
		route(async (request) => {
			requireAdmin(request, values);
			return warmer.abort(request.params['id'] ?? '');
		}),
	);
}
