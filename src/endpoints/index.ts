import { defineEndpoint } from '@directus/extensions-sdk';
import { BASE_PATH } from '../contract.ts';
import type { HostContext } from '../runtime/host.ts';
import { getRuntime } from '../runtime/runtime.ts';
import { administrationRoutes } from './routes/administration.ts';
import { compatibleRoutes } from './routes/compatible.ts';
import { generationRoutes } from './routes/generation.ts';

export default defineEndpoint({
	id: BASE_PATH,
	handler: (router, context) => {
		const host = context as unknown as HostContext;
		const runtime = getRuntime(host);
		generationRoutes(router, runtime);
		administrationRoutes(router, runtime, host);
		compatibleRoutes(router, runtime, host);
	},
});
