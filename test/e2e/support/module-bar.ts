import type { Api } from './api.ts';

/** The module's id, hence its part of the Studio's address. */
export const MODULE = 'ai-cache';

/** Shows our module in the Studio's module bar beside Directus' own. */
export async function enableModule(directus: Api, module = MODULE): Promise<void> {
	const system = ['content', 'visual', 'users', 'files', 'insights'];
	await directus.data('PATCH', '/settings', {
		module_bar: [
			...system.map((id) => ({ type: 'module', id, enabled: true })),
			{ type: 'module', id: module, enabled: true },
			{ type: 'module', id: 'settings', enabled: true, locked: true },
		],
	});
}
