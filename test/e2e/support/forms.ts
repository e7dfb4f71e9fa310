import { ADMIN } from './process.ts';

/** Imports items as a JSON file; `query` as in a URL. */
export async function importJson(url: string, collection: string, items: object[], query = ''): Promise<void> {
	await importFile(url, collection, JSON.stringify(items), 'application/json', query);
}

/** Imports a file of that type. */
export async function importFile(
	url: string,
	collection: string,
	text: string,
	type: string,
	query = '',
): Promise<void> {
	const form = new FormData();
	form.append('file', new Blob([text], { type }), 'items');
	await send(url, 'POST', `/utils/import/${collection}${query}`, form);
}

/** Uploads a text file, or replaces the content of one; answers its id. */
export async function upload(url: string, method: string, path: string, text: string): Promise<string> {
	const form = new FormData();
	form.append('file', new Blob([text], { type: 'text/plain' }), 'file.txt');
	const response = await send(url, method, path, form);
	return ((await response.json()) as { data: { id: string } }).data.id;
}

async function send(url: string, method: string, path: string, body: FormData): Promise<Response> {
	const headers = { authorization: `Bearer ${ADMIN.token}` };
	const response = await fetch(url + path, { method, headers, body });
	if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
	return response;
}
