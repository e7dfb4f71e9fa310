import type { Router } from 'express';
import * as z from 'zod';
import { parse, parseGeneration, provider } from '../runtime/generation-schema.ts';
import { parseInvalidation } from '../runtime/invalidation-schema.ts';
import type { HostContext } from '../runtime/host.ts';
import { once } from '../runtime/once.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { readBody, requireAdmin, requireCaller, abortOnDisconnect, readQuery, route } from './http.ts';
import { readJournalPage, addLastUserNames } from './journal.ts';
import { parseEntryQuery, parseLimit, parseStatsQuery } from './query-params.ts';

const keysSchema = once(() =>
	z.strictObject({
		keys: z.array(z.string().min(1)).min(1, 'must not be empty').max(1000, 'has more than 1000 elements'),
	}),
);
const modelSchema = once(() => z.strictObject({ provider: provider(), model: z.string().min(1, 'must not be empty') }));
const warmSchema = once(() =>
	z
		.strictObject({
			requests: z.array(z.unknown()).min(1, 'must not be empty').max(1000, 'has more than 1000 elements').optional(),
			top: z
				.number()
				.int('must be a whole number')
				.min(1, 'must be at least 1')
				.max(1000, 'is more than 1000')
				.optional(),
			budget_usd: z.number().min(0, 'must not be negative').optional(),
		})
		.refine(({ requests, top }) => (requests === undefined) !== (top === undefined), {
			path: ['requests'],
			message: 'or top must be given, not both',
		}),
);

/** Everything that is for admins. */
export function registerAdminRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	const { entries, invalidator, models, reports, metrics, regenerator, warmer, health, settings } = runtime;
	const { values } = settings;

	router.post(
		'/invalidate',
		route(async (request) => {
			const { user } = requireAdmin(request, values);
			const { dry_run: dryRun, ...criteria } = parseInvalidation(readBody(request));
			if (dryRun) return invalidator.measure(criteria, dryRun === 'edit');
			return invalidator.purge(criteria, { cause: 'purge', user });
		}),
	);

	router.get(
		'/stats',
		route(async (request) => {
			requireAdmin(request, values);
			return addLastUserNames(host, await reports.stats(parseStatsQuery(readQuery(request))));
		}),
	);

	router.get(
		'/metrics',
		route(async (request, response) => {
			requireAdmin(request, values);
			const { contentType, text } = await metrics.read();
			// Not `send`: it would write the type in a way of its own.
			response.setHeader('Content-Type', contentType).setHeader('Cache-Control', 'no-store').end(text);
		}),
	);

	router.get(
		'/entries',
		route(async (request) => {
			requireAdmin(request, values);
			return entries.page(parseEntryQuery(readQuery(request)));
		}),
	);

	router.get(
		'/entries/:key',
		route(async (request) => {
			requireAdmin(request, values);
			return entries.detail(request.params['key'] ?? '');
		}),
	);

	router.post(
		'/entries/:key/regenerate',
		route(async (request, response) => {
			requireAdmin(request, values);
			return regenerator.regenerate(request.params['key'] ?? '', abortOnDisconnect(response));
		}),
	);

	router.delete(
		'/entries/:key',
		route(async (request) => {
			const { user } = requireAdmin(request, values);
			return invalidator.purge({ key: request.params['key'] ?? '' }, { cause: 'purge', user });
		}),
	);

	router.delete(
		'/entries',
		route(async (request) => {
			const { user } = requireAdmin(request, values);
			return invalidator.removeKeys(parse(keysSchema(), readBody(request)).keys, { cause: 'purge', user });
		}),
	);

	router.get(
		'/journal',
		route(async (request) => {
			requireAdmin(request, values);
			const query = readQuery(request);
			return readJournalPage(runtime, host, parseLimit(query), query['cursor'] ?? null);
		}),
	);

	router.post(
		'/versions',
		route(async (request) => {
			const { user } = requireAdmin(request, values);
			const { provider: name, model } = parse(modelSchema(), readBody(request));
			return { version: await invalidator.raiseVersion(models, name, model, { cause: 'version', user }) };
		}),
	);

	router.get(
		'/settings',
		route(async (request) => {
			requireAdmin(request, values);
			return { rows: settings.rows, show_content: values.AI_CACHE_STUDIO_SHOW_CONTENT };
		}),
	);

	router.get(
		'/health',
		route(async (request) => {
			const { admin } = requireCaller(request, values);
			const report = await health.report();
			return admin ? report : { status: report.status };
		}),
	);

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
