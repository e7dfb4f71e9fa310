import type { Router } from 'express';
import * as z from 'zod';
import { parse, provider } from '../../services/validation/generation-schema.ts';
import type { HostContext } from '../../services/host.ts';
import { parseInvalidation } from '../../services/validation/invalidation-schema.ts';
import { once } from '../../services/utils/lazy.ts';
import type { Runtime } from '../../host/container.ts';
import { readBody, readQuery, requireAdmin, route } from '../http.ts';
import { readJournalPage } from '../journal.ts';
import { parseLimit } from '../query-params.ts';

const modelSchema = once(() => z.strictObject({ provider: provider(), model: z.string().min(1, 'must not be empty') }));

/** Purges by criteria, raises model versions and shows the journal of invalidations. */
export function registerInvalidationRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	const { invalidator, models } = runtime;
	const { values } = runtime.settings;

	router.post(
		'/invalidate',
		route(async (request) => {
			const { user } = requireAdmin(request, values);
			const { dry_run: dryRun, ...criteria } = parseInvalidation(readBody(request));
			if (dryRun) return invalidator.measure(criteria, dryRun === 'edit');
			return invalidator.purge(criteria, { cause: 'purge', user });
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
		'/journal',
		route(async (request) => {
			requireAdmin(request, values);
			const query = readQuery(request);
			return readJournalPage(runtime, host, parseLimit(query), query['cursor'] ?? null);
		}),
	);
}
