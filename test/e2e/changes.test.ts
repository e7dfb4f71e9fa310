import { afterAll, beforeAll, describe, it } from 'vitest';

import type { DependencyDeclaration } from '../../src/contract.ts';
import { expectChange } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createManyToAny } from './support/many-to-any.ts';
import { ADMIN } from './support/process.ts';
import { createCollection } from './support/schema.ts';

let directus: Directus;

beforeAll(async () => {
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory' } });
	await createCollection(directus, 'headings', [{ field: 'text', type: 'string' }]);
	await createManyToAny(directus, 'articles', 'blocks', ['headings', 'authors']);
	await createCollection(directus, 'home', [{ field: 'headline', type: 'string' }], undefined, { singleton: true });
});
afterAll(() => directus.stop());

const of = (collection: string, items?: (string | number)[], fields?: string[]): DependencyDeclaration => ({
	collection,
	...(items && { items }),
	...(fields && { fields }),
});
const article = (id: number, ...fields: string[]) => of('articles', [id], fields.length > 0 ? fields : undefined);
const anyArticle = of('articles');
const anyTitle = of('articles', undefined, ['title']);
const anyBody = of('articles', undefined, ['body']);

const call = (method: string, path: string, body?: unknown) => directus.data(method, path, body);
const graphql = async (query: string) => {
	const answer = await directus.api<{ errors?: unknown }>('POST', '/graphql', { query });
	if (answer.body.errors !== undefined) throw new Error(JSON.stringify(answer.body.errors));
};

describe('an update', () => {
	it('of one item drops what used it or the field, and leaves other fields and items', () =>
		expectChange(
			directus,
			{
				drops: [article(1), article(1, 'title'), article(1, 'body', 'title'), anyArticle, anyTitle],
				keeps: [article(1, 'body'), article(2), article(2, 'title'), anyBody, of('authors'), of('tags')],
			},
			() => call('PATCH', '/items/articles/1', { title: 'Another title' }),
		));

	it('reaches keys that were declared as texts and as numbers alike', () =>
		expectChange(
			directus,
			{ drops: [of('articles', ['1']), of('articles', [1], ['body'])], keeps: [of('articles', ['2'])] },
			() => call('PATCH', '/items/articles', { keys: ['1'], data: { body: 'x' } }),
		));

	it('of many items', () =>
		expectChange(directus, { drops: [article(2, 'title'), article(3)], keeps: [article(4), article(2, 'body')] }, () =>
			call('PATCH', '/items/articles', { keys: [2, 3], data: { title: 'The same' } }),
		));

	it('by query', () =>
		expectChange(directus, { drops: [article(4, 'body'), anyBody], keeps: [article(4, 'title'), article(5)] }, () =>
			call('PATCH', '/items/articles', { query: { filter: { id: { _eq: 4 } } }, data: { body: 'By query' } }),
		));

	it('in a batch, each item by its own fields', () =>
		expectChange(
			directus,
			{
				drops: [article(5, 'title'), article(6, 'body')],
				keeps: [article(5, 'body'), article(6, 'title'), article(7)],
			},
			() =>
				call('PATCH', '/items/articles', [
					{ id: 5, title: 'Five' },
					{ id: 6, body: 'Six' },
				]),
		));

	it('by GraphQL', () =>
		expectChange(directus, { drops: [article(7, 'title')], keeps: [article(7, 'body'), article(8)] }, () =>
			graphql('mutation { update_articles_item(id: 7, data: { title: "From GraphQL" }) { id } }'),
		));

	it('that archives an item softly', () =>
		expectChange(
			directus,
			{ drops: [article(2, 'status'), article(2)], keeps: [article(2, 'title'), article(3)] },
			() => call('PATCH', '/items/articles/2', { status: 'archived' }),
		));

	it('of a singleton, also the one that makes its item', async () => {
		await expectChange(directus, { drops: [of('home')], keeps: [anyArticle] }, () =>
			call('PATCH', '/items/home', { headline: 'Welcome' }),
		);
		await expectChange(directus, { drops: [of('home'), of('home', [1], ['headline'])], keeps: [anyArticle] }, () =>
			call('PATCH', '/items/home', { headline: 'Hello' }),
		);
	});

	it('that reverts an item to an earlier revision', async () => {
		const filter = encodeURIComponent(JSON.stringify({ collection: { _eq: 'articles' }, item: { _eq: '7' } }));
		const [revision] = await directus.data<{ id: number }[]>('GET', `/revisions?sort=id&limit=1&filter=${filter}`);
		await expectChange(directus, { drops: [article(7, 'title')], keeps: [article(8)] }, () =>
			call('POST', `/utils/revert/${revision?.id}`),
		);
	});
});

describe('what comes, goes or moves', () => {
	it('a new item changes its collection and no other item', () =>
		expectChange(directus, { drops: [anyArticle, anyTitle], keeps: [article(1), article(1, 'title')] }, () =>
			call('POST', '/items/articles', { title: 'New' }),
		));

	it('new items by GraphQL', () =>
		expectChange(directus, { drops: [of('tags')], keeps: [of('tags', [1]), anyArticle] }, () =>
			graphql('mutation { create_tags_items(data: [{ label: "new" }]) { id } }'),
		));

	it('an import updates what it finds and creates the rest', () =>
		expectChange(
			directus,
			{ drops: [article(8, 'title'), anyArticle], keeps: [article(8, 'body'), article(9, 'title')] },
			() => importJson('articles', [{ id: 8, title: 'Imported' }, { title: 'Imported too' }]),
		));

	it('a manual sort changes the places of all between, not their texts', () =>
		expectChange(
			directus,
			{
				drops: [article(1, 'sort'), article(2, 'sort'), article(3), article(4, 'sort'), anyArticle],
				keeps: [article(1, 'title'), article(3, 'body'), of('tags'), of('tags', [1])],
			},
			() => call('POST', '/utils/sort/articles', { item: 1, to: 4 }),
		));

	it('a deletion takes along what the database deletes with it', () =>
		expectChange(
			directus,
			{
				drops: [
					article(10),
					article(10, 'title'),
					anyTitle,
					of('articles_translations', [10], ['title']),
					of('articles_tags', [10]),
				],
				keeps: [article(9), of('articles_translations', [9], ['title']), of('articles_tags', [9]), of('tags', [1])],
			},
			() => call('DELETE', '/items/articles/10'),
		));

	it('a deletion sets the keys of those that pointed there', () =>
		expectChange(
			directus,
			{
				drops: [of('authors', [3]), article(2, 'author')],
				keeps: [of('authors', [2]), article(1, 'author'), article(2, 'title')],
			},
			() => call('DELETE', '/items/authors/3'),
		));

	it('deletions of many and by GraphQL', async () => {
		const ids = await directus.data<{ id: number }[]>('POST', '/items/articles', [{}, {}, {}]);
		const [first = 0, second = 0, third = 0] = ids.map(({ id }) => id);
		await expectChange(directus, { drops: [article(first), article(second)], keeps: [article(third)] }, () =>
			call('DELETE', '/items/articles', [first, second]),
		);
		await expectChange(directus, { drops: [article(third, 'title')], keeps: [article(1)] }, () =>
			graphql(`mutation { delete_articles_item(id: ${third}) { id } }`),
		);
	});
});

describe('relations', () => {
	it('a nested write to one changes the related item', () =>
		expectChange(
			directus,
			{
				drops: [of('authors', [2], ['name']), article(1, 'author')],
				keeps: [of('authors', [1]), of('authors', [2], ['biography']), article(1, 'title'), article(2)],
			},
			() => call('PATCH', '/items/articles/1', { author: { id: 2, name: 'Grace B. M. Hopper' } }),
		));

	it('a nested write to many adds to the list of this item alone', () =>
		expectChange(
			directus,
			{
				drops: [article(1, 'tags'), of('articles_tags')],
				keeps: [article(2, 'tags'), article(1, 'title'), of('articles_tags', [2]), of('tags', [3])],
			},
			() => call('PATCH', '/items/articles/1', { tags: { create: [{ tags_id: 3 }], update: [], delete: [] } }),
		));

	it('a nested write removes from the list', () =>
		expectChange(
			directus,
			{
				drops: [article(2, 'tags'), of('articles_tags', [2])],
				keeps: [article(3, 'tags'), article(2, 'title'), of('articles_tags', [3]), of('tags')],
			},
			() => call('PATCH', '/items/articles/2', { tags: { create: [], update: [], delete: [2] } }),
		));

	it('a row that is put into a junction adds to the item that it names', () =>
		expectChange(
			directus,
			{ drops: [article(3, 'tags')], keeps: [article(4, 'tags'), article(3, 'title'), article(3)] },
			() => call('POST', '/items/articles_tags', { articles_id: 3, tags_id: 4 }),
		));

	it('a row of a junction that goes takes from the item that it named', () =>
		expectChange(directus, { drops: [article(5, 'tags'), of('articles_tags', [5])], keeps: [article(6, 'tags')] }, () =>
			call('DELETE', '/items/articles_tags/5'),
		));

	it('a row of a junction that moves takes from one item and gives to another', () =>
		expectChange(
			directus,
			{ drops: [article(6, 'tags'), article(7, 'tags')], keeps: [article(8, 'tags'), article(6, 'title')] },
			() => call('PATCH', '/items/articles_tags/6', { articles_id: 7 }),
		));

	it('a deleted tag goes from the lists that had it', () =>
		expectChange(
			directus,
			{ drops: [article(8, 'tags'), of('tags', [1]), of('articles_tags', [8])], keeps: [article(9, 'tags')] },
			() => call('DELETE', '/items/tags/1'),
		));

	it('a renamed tag changes no list', () =>
		expectChange(
			directus,
			{
				drops: [of('tags', [2], ['label']), [article(1, 'tags'), of('tags', [2], ['label'])]],
				keeps: [article(1, 'tags'), of('tags', [3], ['label'])],
			},
			() => call('PATCH', '/items/tags/2', { label: 'renamed' }),
		));

	it('a translation is edited through its article', () =>
		expectChange(
			directus,
			{
				drops: [of('articles_translations', [1], ['title']), article(1, 'translations')],
				keeps: [of('articles_translations', [2], ['title']), article(1, 'title'), article(2, 'translations')],
			},
			() =>
				call('PATCH', '/items/articles/1', {
					translations: { create: [], update: [{ id: 1, title: 'Neu' }], delete: [] },
				}),
		));

	it('a translation is edited by itself, and added', async () => {
		await expectChange(
			directus,
			{
				drops: [of('articles_translations', [2], ['title'])],
				keeps: [of('articles_translations', [3], ['title']), article(2, 'title')],
			},
			() => call('PATCH', '/items/articles_translations/2', { title: 'Zwei' }),
		);
		await expectChange(directus, { drops: [article(2, 'translations')], keeps: [article(3, 'translations')] }, () =>
			call('POST', '/items/articles_translations', { articles_id: 2, languages_code: 'en-US', title: 'Two' }),
		);
	});

	it('many-to-any: blocks are added, edited and removed', async () => {
		await expectChange(directus, { drops: [article(1, 'blocks'), of('headings')], keeps: [article(2, 'blocks')] }, () =>
			call('PATCH', '/items/articles/1', {
				blocks: { create: [{ collection: 'headings', item: { text: 'First' } }], update: [], delete: [] },
			}),
		);
		await expectChange(
			directus,
			{ drops: [of('headings', [1], ['text'])], keeps: [of('authors'), article(2, 'blocks'), article(1, 'title')] },
			() =>
				call('PATCH', '/items/articles/1', {
					blocks: {
						create: [],
						update: [{ id: 1, collection: 'headings', item: { id: 1, text: 'Edited' } }],
						delete: [],
					},
				}),
		);
		await expectChange(
			directus,
			{ drops: [article(1, 'blocks')], keeps: [article(2, 'blocks'), of('headings', [1])] },
			() => call('DELETE', '/items/articles_blocks/1'),
		);
	});
});

describe('versions', () => {
	it('saving one changes nothing, promoting it changes the fields that it has', async () => {
		const version = await directus.data<{ id: string }>('POST', '/versions', {
			key: 'next',
			name: 'Next',
			collection: 'articles',
			item: '9',
		});
		await expectChange(directus, { drops: [], keeps: [article(9), anyArticle] }, () =>
			call('POST', `/versions/${version.id}/save`, { title: 'Promoted' }),
		);
		const { mainHash } = await directus.data<{ mainHash: string }>('GET', `/versions/${version.id}/compare`);
		await expectChange(
			directus,
			{ drops: [article(9, 'title'), article(9), anyTitle], keeps: [article(9, 'body'), article(8)] },
			() => call('POST', `/versions/${version.id}/promote`, { mainHash }),
		);
	});
});

describe('system collections', () => {
	it('users: a field of one', async () => {
		const { id } = await directus.data<{ id: string }>('GET', '/users/me?fields=id');
		const { id: other } = await directus.data<{ id: string }>('POST', '/users', { first_name: 'Ann' });
		const user = (key: string, field: string) => of('directus_users', [key], [field]);
		await expectChange(
			directus,
			{
				drops: [user(id, 'first_name'), of('directus_users', [id])],
				keeps: [user(id, 'last_name'), user(other, 'first_name')],
			},
			() => call('PATCH', `/users/${id}`, { first_name: 'Admin' }),
		);
		await expectChange(directus, { drops: [user(id, 'title')], keeps: [user(other, 'title')] }, () =>
			call('PATCH', '/users/me', { title: 'Editor' }),
		);
		await expectChange(directus, { drops: [user(other, 'first_name')], keeps: [user(id, 'first_name')] }, () =>
			call('DELETE', `/users/${other}`),
		);
	});

	it('files: uploaded, edited, replaced and deleted', async () => {
		const id = await upload('POST', '/files', 'first');
		const other = await upload('POST', '/files', 'other');
		const file = (key: string, field: string) => of('directus_files', [key], [field]);
		await expectChange(
			directus,
			{ drops: [file(id, 'title'), of('directus_files')], keeps: [file(id, 'description'), file(other, 'title')] },
			() => call('PATCH', `/files/${id}`, { title: 'Renamed' }),
		);
		await expectChange(directus, { drops: [file(id, 'filesize')], keeps: [file(other, 'filesize')] }, () =>
			upload('PATCH', `/files/${id}`, 'longer than before'),
		);
		await expectChange(directus, { drops: [of('directus_files')], keeps: [file(id, 'title')] }, () =>
			upload('POST', '/files', 'third'),
		);
		await expectChange(directus, { drops: [file(id, 'title')], keeps: [file(other, 'title')] }, () =>
			call('DELETE', `/files/${id}`),
		);
	});

	it('folders and roles', async () => {
		const folder = await directus.data<{ id: string }>('POST', '/folders', { name: 'Pictures' });
		const { id } = folder;
		await expectChange(directus, { drops: [of('directus_folders', [id])], keeps: [of('directus_roles')] }, () =>
			call('PATCH', `/folders/${id}`, { name: 'Photos' }),
		);
	});
});

describe('a Flow', () => {
	it('that updates an item by its own operation', async () => {
		const { id } = await directus.data<{ id: string }>('POST', '/flows', {
			name: 'Retitle',
			status: 'active',
			trigger: 'webhook',
			options: { method: 'POST', return: '$last' },
		});
		const operation = await directus.data<{ id: string }>('POST', '/operations', {
			flow: id,
			key: 'retitle',
			name: 'Retitle',
			type: 'item-update',
			position_x: 20,
			position_y: 1,
			options: {
				collection: 'articles',
				key: [3],
				payload: { title: 'By a Flow' },
				permissions: '$full',
				emitEvents: true,
			},
		});
		await call('PATCH', `/flows/${id}`, { operation: operation.id });
		await expectChange(
			directus,
			{ drops: [article(3, 'title'), article(3)], keeps: [article(3, 'body'), article(4)] },
			() => directus.api('POST', `/flows/trigger/${id}`, {}),
		);
	});
});

describe('the schema', () => {
	const everyArticle = [article(1), article(1, 'title'), anyArticle, anyBody];
	const others = [of('tags'), of('tags', [2]), of('authors', [1], ['name'])];

	it('a field is added, changed and deleted', async () => {
		await expectChange(directus, { drops: everyArticle, keeps: others }, () =>
			call('POST', '/fields/articles', { field: 'subtitle', type: 'string' }),
		);
		await expectChange(directus, { drops: everyArticle, keeps: others }, () =>
			call('PATCH', '/fields/articles/subtitle', { type: 'text' }),
		);
		await expectChange(directus, { drops: everyArticle, keeps: others }, () =>
			call('DELETE', '/fields/articles/subtitle'),
		);
	});

	it('a collection is changed and deleted', async () => {
		await expectChange(directus, { drops: [of('home'), of('home', [1], ['headline'])], keeps: everyArticle }, () =>
			call('PATCH', '/collections/home', { meta: { note: 'The start page' } }),
		);
		await expectChange(directus, { drops: [of('home'), of('home', [1], ['headline'])], keeps: everyArticle }, () =>
			call('DELETE', '/collections/home'),
		);
	});

	it('a relation is deleted', async () => {
		// Directus with a database of one connection waits for itself where it does not know the foreign keys yet.
		await directus.data('GET', '/relations');
		await expectChange(directus, { drops: [article(1, 'author'), of('authors', [1])], keeps: [of('tags', [2])] }, () =>
			call('DELETE', '/relations/articles/author'),
		);
	});
});

async function importJson(collection: string, items: object[]): Promise<void> {
	const form = new FormData();
	form.append('file', new Blob([JSON.stringify(items)], { type: 'application/json' }), 'items.json');
	await send('POST', `/utils/import/${collection}`, form);
}

/** Uploads a text file, or replaces the content of one; answers its id. */
async function upload(method: string, path: string, text: string): Promise<string> {
	const form = new FormData();
	form.append('file', new Blob([text], { type: 'text/plain' }), 'file.txt');
	const response = await send(method, path, form);
	return ((await response.json()) as { data: { id: string } }).data.id;
}

async function send(method: string, path: string, body: FormData): Promise<Response> {
	const headers = { authorization: `Bearer ${ADMIN.token}` };
	const response = await fetch(directus.url + path, { method, headers, body });
	if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
	return response;
}
