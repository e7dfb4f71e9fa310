import type { Router } from 'express';
import type { HostContext } from '../../services/host.ts';
import type { Runtime } from '../../host/container.ts';
import { registerEntryRoutes } from './entry-routes.ts';
import { registerInvalidationRoutes } from './invalidation-routes.ts';
import { registerReportRoutes } from './report-routes.ts';
import { registerWarmingRoutes } from './warming-routes.ts';

/** All routes for admins, plus `GET /health`, which every caller may read in short. */
export function registerAdminRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	registerInvalidationRoutes(router, runtime, host);
	registerReportRoutes(router, runtime, host);
	registerEntryRoutes(router, runtime);
	registerWarmingRoutes(router, runtime);
}
