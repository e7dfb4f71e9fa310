import type { Router } from 'express';
import type { HostContext } from '../../services/host.ts';
import type { Runtime } from '../../host/container.ts';
import { readQuery, requireAdmin, requireCaller, route } from '../http.ts';
import { addLastUserNames } from '../journal.ts';
import { parseStatsQuery } from '../query-params.ts';

/** Reports statistics, metrics, effective settings and health. */
export function registerReportRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	const { reports, metrics, health, settings } = runtime;
	const { values } = settings;

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
			// `end`, because Express' `send` rewrites the content type.
			response.setHeader('Content-Type', contentType).setHeader('Cache-Control', 'no-store').end(text);
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
}
