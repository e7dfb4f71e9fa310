import { afterAll, beforeAll, describe, it } from 'vitest';

import { readDatabaseKind } from '../support/database-server.ts';
import { anyArticle, anyBody, anyTitle, article, expectChange, of } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createFlow } from './support/flows.ts';
import { importJson, upload } from './support/forms.ts';
import { createCollection } from './support/schema.ts';

let directus: Directus;

beforeAll(async () => {
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory' } });
	await createCollection(directus, 'home', [{ field: 'headline', type: 'string' }], undefined, { singleton: true });
});
afterAll(() => directus.stop());

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

	// PostgreSQL refuses the second: it is no integer there.
	it.each(readDatabaseKind() === 'postgres' ? ['01'] : ['01', '1.0'])(
		'reaches an item whose key is spelled %s',
		(key) =>
			expectChange(
				directus,
				{ drops: [article(1, 'title'), of('articles', ['1'])], keeps: [article(1, 'body'), article(2)] },
				() => call('PATCH', `/items/articles/${key}`, { title: 'By another name' }),
			),
	);

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
		await expectChange(directus, { drops: [of('home'), of('home', [1], ['headline'])], keeps: [anyArticle] }, () =>
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

	it('a new item changes what was said of it before it was there', () =>
		expectChange(
			directus,
			{ drops: [of('tags', [77]), of('tags', [77], ['label'])], keeps: [of('tags', [1]), of('tags', [78])] },
			() => call('POST', '/items/tags', { id: 77, label: 'seventy-seven' }),
		));

	it('new items by GraphQL', () =>
		expectChange(directus, { drops: [of('tags')], keeps: [of('tags', [1]), anyArticle] }, () =>
			graphql('mutation { create_tags_items(data: [{ label: "new" }]) { id } }'),
		));

	it('an import updates what it finds and creates the rest', () =>
		expectChange(
			directus,
			{ drops: [article(8, 'title'), anyArticle], keeps: [article(8, 'body'), article(9, 'title')] },
			() => importJson(directus.url, 'articles', [{ id: 8, title: 'Imported' }, { title: 'Imported too' }]),
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
		const id = await upload(directus.url, 'POST', '/files', 'first');
		const other = await upload(directus.url, 'POST', '/files', 'other');
		const file = (key: string, field: string) => of('directus_files', [key], [field]);
		await expectChange(
			directus,
			{ drops: [file(id, 'title'), of('directus_files')], keeps: [file(id, 'description'), file(other, 'title')] },
			() => call('PATCH', `/files/${id}`, { title: 'Renamed' }),
		);
		await expectChange(directus, { drops: [file(id, 'filesize')], keeps: [file(other, 'filesize')] }, () =>
			upload(directus.url, 'PATCH', `/files/${id}`, 'longer than before'),
		);
		await expectChange(directus, { drops: [of('directus_files')], keeps: [file(id, 'title')] }, () =>
			upload(directus.url, 'POST', '/files', 'third'),
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
		const options = {
			collection: 'articles',
			key: [3],
			payload: { title: 'By a Flow' },
			permissions: '$full',
			emitEvents: true,
		};
		const operations = [{ key: 'retitle', type: 'item-update', options }];
		const id = await createFlow(directus, { name: 'Retitle', trigger: 'webhook', operations });
		await expectChange(
			directus,
			{ drops: [article(3, 'title'), article(3)], keeps: [article(3, 'body'), article(4)] },
			() => directus.api('POST', `/flows/trigger/${id}`, {}),
		);
	});
});
