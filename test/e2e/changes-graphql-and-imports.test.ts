import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { anyArticle, article, expectChange, of } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createFlow, triggerFlow } from './support/flows.ts';
import { importFile, upload } from './support/forms.ts';
import { ADMIN } from './support/process.ts';

let directus: Directus;
let me: string;

beforeAll(async () => {
	const env = { AI_CACHE_STORE: 'memory', WEBSOCKETS_ENABLED: 'true', MCP_ENABLED: 'true', TUS_ENABLED: 'true' };
	directus = await startDirectus({ env });
	me = (await call<{ id: string }>('GET', '/users/me?fields=id')).id;
});
afterAll(() => directus.stop());

const AUTHORIZED = { authorization: `Bearer ${ADMIN.token}` };
const call = <Data = unknown>(method: string, path: string, body?: unknown) => directus.data<Data>(method, path, body);
const graphql = async (query: string, path = '/graphql'): Promise<void> => {
	const answer = await directus.api<{ errors?: unknown }>('POST', path, { query });
	if (answer.body.errors !== undefined) throw new Error(JSON.stringify(answer.body.errors));
};
const newArticles = async (...titles: string[]): Promise<number[]> =>
	(
		await call<{ id: number }[]>(
			'POST',
			'/items/articles',
			titles.map((title) => ({ title })),
		)
	).map(({ id }) => id);

describe('GraphQL', () => {
	it('updates a batch, each item by its own fields', () =>
		expectChange(
			directus,
			{
				drops: [article(5, 'title'), article(6, 'body')],
				keeps: [article(5, 'body'), article(6, 'title'), article(7)],
			},
			() => graphql('mutation { update_articles_batch(data: [{id: 5, title: "a"}, {id: 6, body: "b"}]) { id } }'),
		));

	it('updates and deletes many', async () => {
		const [first = 0, second = 0, third = 0] = await newArticles('a', 'b', 'c');
		await expectChange(
			directus,
			{ drops: [article(first, 'title'), article(second)], keeps: [article(first, 'body'), article(third)] },
			() => graphql(`mutation { update_articles_items(ids: [${first}, ${second}], data: {title: "d"}) { id } }`),
		);
		await expectChange(directus, { drops: [article(first), article(second)], keeps: [article(third)] }, () =>
			graphql(`mutation { delete_articles_items(ids: [${first}, ${second}]) { ids } }`),
		);
	});

	it('updates a related item', () =>
		expectChange(
			directus,
			{ drops: [of('authors', [1], ['name']), article(3, 'author')], keeps: [of('authors', [2]), article(3, 'title')] },
			() => graphql('mutation { update_articles_item(id: 3, data: {author: {id: 1, name: "Ada"}}) { id } }'),
		));

	it('updates one’s own profile', () =>
		expectChange(
			directus,
			{ drops: [of('directus_users', [me], ['title'])], keeps: [of('directus_users', [me], ['first_name'])] },
			() => graphql('mutation { update_users_me(data: {title: "Editor"}) { id } }', '/graphql/system'),
		));
});

describe('other doors', () => {
	it('an import of CSV updates what it finds and creates the rest', () =>
		expectChange(
			directus,
			{ drops: [article(8, 'title'), anyArticle], keeps: [article(8, 'body'), article(9, 'title')] },
			() => importFile(directus.url, 'articles', 'id,title\n8,From a table\n,New from a table\n', 'text/csv'),
		));

	it('a deletion by query', async () => {
		const [first = 0, second = 0] = await newArticles('doomed', 'spared');
		await expectChange(directus, { drops: [article(first)], keeps: [article(second)] }, () =>
			call('DELETE', '/items/articles', { query: { filter: { title: { _eq: 'doomed' } } } }),
		);
	});

	it('the settings of the project', () =>
		expectChange(
			directus,
			{
				drops: [of('directus_settings', undefined, ['project_name']), of('directus_settings', [1], ['project_name'])],
				keeps: [of('directus_settings', [1], ['project_color'])],
			},
			() => call('PATCH', '/settings', { project_name: 'Renamed' }),
		));

	it('a role’s deletion, which takes it from its users', async () => {
		const { id: role } = await call<{ id: string }>('POST', '/roles', { name: 'Short-lived' });
		const { id } = await call<{ id: string }>('POST', '/users', { email: 'one@example.com', role });
		await expectChange(
			directus,
			{
				drops: [of('directus_users', [id], ['role']), of('directus_roles', [role])],
				keeps: [of('directus_users', [me], ['role']), of('directus_users', [id], ['first_name'])],
			},
			() => call('DELETE', `/roles/${role}`),
		);
	});

	it('a promoted version with related items, and the chosen fields alone', async () => {
		const version = { key: 'next', name: 'Next', collection: 'articles', item: '9' };
		const { id } = await call<{ id: string }>('POST', '/versions', version);
		await call('POST', `/versions/${id}/save`, {
			title: 'Promoted',
			body: 'Left out',
			author: { id: 2, name: 'Promoted too' },
			tags: { create: [{ tags_id: 1 }], update: [], delete: [] },
		});
		const { mainHash } = await call<{ mainHash: string }>('GET', `/versions/${id}/compare`);
		await expectChange(
			directus,
			{
				drops: [article(9, 'title'), article(9, 'tags'), of('authors', [2], ['name'])],
				keeps: [article(9, 'body'), article(8, 'tags'), of('authors', [1], ['name'])],
			},
			() => call('POST', `/versions/${id}/promote`, { mainHash, fields: ['title', 'author', 'tags'] }),
		);
	});

	it('a WebSocket', async () => {
		const socket = new WebSocket(`${directus.url.replace('http', 'ws')}/websocket`);
		await once(socket, 'open');
		const send = async (message: object): Promise<unknown> => {
			const answer = once(socket, 'message');
			socket.send(JSON.stringify(message));
			const [event] = (await answer) as [MessageEvent<string>];
			return JSON.parse(event.data) as unknown;
		};
		const update = { type: 'items', action: 'update', collection: 'articles', data: { title: 'From a socket' } };
		try {
			expect(await send({ type: 'auth', access_token: ADMIN.token })).toMatchObject({ status: 'ok' });
			await expectChange(
				directus,
				{ drops: [article(7, 'title')], keeps: [article(7, 'body'), article(6, 'title')] },
				async () => expect(await send({ ...update, id: 7 })).toMatchObject({ data: { id: 7 } }),
			);
			await expectChange(
				directus,
				{ drops: [article(6, 'title'), article(7, 'title')], keeps: [article(7, 'body'), article(5)] },
				async () => expect(await send({ ...update, ids: [6, 7] })).toMatchObject({ data: [{ id: 6 }, { id: 7 }] }),
			);
		} finally {
			socket.close();
		}
	});

	it('a resumable upload, also in the place of another file', async () => {
		const target = await upload(directus.url, 'POST', '/files', 'first');
		const size = of('directus_files', [target], ['filesize']);
		await expectChange(directus, { drops: [of('directus_files')], keeps: [size] }, () => uploadResumably('second'));
		await expectChange(directus, { drops: [of('directus_files'), size], keeps: [of('directus_folders')] }, () =>
			uploadResumably('longer than the first', { id: target }),
		);
	});

	it('an AI client, by MCP', async () => {
		await call('PATCH', '/settings', { mcp_enabled: true });
		const data = [{ id: 7, title: 'By a tool' }];
		const params = { name: 'items', arguments: { action: 'update', collection: 'articles', data } };
		await expectChange(
			directus,
			{ drops: [article(7, 'title')], keeps: [article(7, 'body'), article(6)] },
			async () => {
				const response = await fetch(`${directus.url}/mcp`, {
					method: 'POST',
					headers: { ...AUTHORIZED, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
					body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
				});
				expect(await response.text()).toContain('By a tool');
			},
		);
	});
});

describe('a Flow', () => {
	it.each(['item-create', 'item-update', 'item-delete'])('with the step %s', async (type) => {
		const [target = 0, other = 0] = await newArticles('by a flow', 'by nobody');
		const title = { _eq: 'by a flow' };
		const options: Record<string, object> = {
			'item-create': { payload: [{ title: 'New' }] },
			'item-update': { query: { filter: { title } }, payload: { title: 'Found' } },
			'item-delete': { key: [target] },
		};
		const step = { collection: 'articles', permissions: '$full', emitEvents: true, ...options[type] };
		const operations = [{ key: 'change', type, options: step }];
		const id = await createFlow(directus, { name: type, trigger: 'webhook', operations });
		const drops = type === 'item-create' ? [anyArticle] : [anyArticle, article(target, 'title')];
		await expectChange(directus, { drops, keeps: [article(other), article(other, 'title')] }, () =>
			triggerFlow(directus, id),
		);
	});

	it('that adds to what is written, as any filter may, is seen with what it added', async () => {
		const code = 'module.exports = async ({ $trigger }) => ({ ...$trigger.payload, body: "Added", author: 3 });';
		const id = await createFlow(directus, {
			name: 'Adds',
			trigger: 'event',
			options: { type: 'filter', scope: ['items.update'], collections: ['articles'], return: '$last' },
			operations: [{ key: 'add', type: 'exec', options: { code } }],
		});
		await expectChange(
			directus,
			{
				drops: [article(10, 'title'), article(10, 'body'), article(10, 'author')],
				keeps: [article(10, 'status'), article(9, 'body')],
			},
			() => call('PATCH', '/items/articles/10', { title: 'Mine' }),
		);
		await call('DELETE', `/flows/${id}`);
	});
});

/** As the Studio uploads with `TUS_ENABLED`. */
async function uploadResumably(text: string, metadata: Record<string, string> = {}): Promise<void> {
	const described = { filename_download: 'file.txt', type: 'text/plain', ...metadata };
	const encoded = Object.entries(described).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`);
	const headers = { ...AUTHORIZED, 'tus-resumable': '1.0.0' };
	const created = await fetch(`${directus.url}/files/tus`, {
		method: 'POST',
		headers: { ...headers, 'upload-length': String(text.length), 'upload-metadata': encoded.join(',') },
	});
	const sent = await fetch(created.headers.get('location') ?? '', {
		method: 'PATCH',
		headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
		body: text,
	});
	expect([created.status, sent.status]).toEqual([201, 204]);
}
