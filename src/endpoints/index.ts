import type { EndpointConfig } from '@directus/types';
import { BASE_PATH } from '../shared/api-types.ts';
import type { HostContext } from '../services/host.ts';
import { getRuntime } from '../host/container.ts';
import { registerAdminRoutes } from './admin/routes.ts';
import { registerCompatibleRoutes } from './compatible/routes.ts';
import { registerGenerationRoutes } from './generation-routes.ts';

const endpoint: EndpointConfig = {
	id: BASE_PATH,
	handler: (router, context) => {
		const host = context as unknown as HostContext;
		const runtime = getRuntime(host);
		registerGenerationRoutes(router, runtime);
		registerAdminRoutes(router, runtime, host);
		registerCompatibleRoutes(router, runtime, host);
	},
};
export default endpoint;
