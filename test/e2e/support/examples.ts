import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Api } from './api.ts';
import { PROJECT } from './paths.ts';

/** One request that a page of the documentation tells its reader to send. */
interface Example {
	method: string;
	path: string;
	body: unknown;
}

const REQUEST = /^`(POST|PATCH) (\/(?:flows|operations)[^`\s]*)`\n\n```json\n([\s\S]*?)\n```/gm;

/**
 * Sends every request of a page to Directus, in order, and returns the ids of the flows by their names. The flows are
 * inactive, because Directus without a license limits the number of active ones.
 */
export async function followExamples(directus: Api, page: string): Promise<Record<string, string>> {
	const examples = examplesIn(await readFile(path.join(PROJECT, 'docs', page), 'utf8'));
	for (const { method, path: location, body } of examples) {
		const sent = location === '/flows' ? { ...(body as object), status: 'inactive' } : body;
		await directus.data(method, location, sent);
	}
	const flows = await directus.data<{ id: string; name: string }[]>('GET', '/flows?fields=id,name');
	return Object.fromEntries(flows.map(({ id, name }) => [name, id]));
}

function examplesIn(text: string): Example[] {
	return [...text.matchAll(REQUEST)].map(([, method = '', location = '', body = '']) => ({
		method,
		path: location,
		body: JSON.parse(body) as unknown,
	}));
}
