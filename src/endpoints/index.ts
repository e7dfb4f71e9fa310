import type { EndpointConfig } from '@directus/types';
import { BASE_PATH } from '../contract.ts';
import type { HostContext } from '../runtime/host.ts';
import { getRuntime } from '../runtime/runtime.ts';
import { administrationRoutes } from './admin-routes.ts';
import { compatibleRoutes } from './compatible/routes.ts';
import { generationRoutes } from './generation-routes.ts';

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
