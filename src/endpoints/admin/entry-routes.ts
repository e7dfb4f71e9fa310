import type { Router } from 'express';
import * as z from 'zod';
import { parse } from '../../services/validation/generation-schema.ts';
import { once } from '../../services/utils/lazy.ts';
import type { Runtime } from '../../host/container.ts';
import { abortOnDisconnect, readBody, readQuery, requireAdmin, route } from '../http.ts';
import { parseEntryQuery } from '../query-params.ts';

const keysSchema = once(() =>
	z.strictObject({
		keys: z.array(z.string().min(1)).min(1, 'must not be empty').max(1000, 'must have at most 1000 elements'),
	}),
);

/** Lists, shows, regenerates and removes single entries. */
export function registerEntryRoutes(router: Router, runtime: Runtime): void {
	const { entries, invalidator, regenerator } = runtime;
	const { values } = runtime.settings;

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
}
