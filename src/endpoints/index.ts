import type { EndpointConfig } from '@directus/types';
import { BASE_PATH } from '../contract.ts';
import type { HostContext } from '../runtime/host.ts';
import { getRuntime } from '../runtime/runtime.ts';
import { administrationRoutes } from './routes/administration.ts';
import { compatibleRoutes } from './routes/compatible.ts';
import { generationRoutes } from './routes/generation.ts';

const endpoint: EndpointConfig = {
	id: BASE_PATH,
	handler: (router, context) => {
		const host = context as unknown as HostContext;
		const runtime = getRuntime(host);
		generationRoutes(router, runtime);
		administrationRoutes(router, runtime, host);
		compatibleRoutes(router, runtime, host);
	},
};
export default endpoint;
