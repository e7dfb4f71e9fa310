import type { Directus } from './directus.ts';
import { ADMIN } from './process.ts';

/** POSTs to a compatible route as an admin; `path` is that after `/ai-cache`. */
export function postTo(
	{ url }: Pick<Directus, 'url'>,
	path: string,
	body: object,
	{ headers = {}, signal }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
	return fetch(`${url}/ai-cache${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
		...(signal && { signal }),
	});
}

/** Whether such a request is answered from the cache, without asking the provider. */
export async function isStoredIn(directus: Pick<Directus, 'url'>, path: string, body: object): Promise<boolean> {
	const response = await postTo(directus, path, body, { headers: { 'cache-control': 'only-if-cached' } });
	await response.text();
	return response.status === 200;
}
