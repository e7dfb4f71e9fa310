import { afterAll, beforeAll, describe, it } from 'vitest';

import { anyArticle, anyBody, article, expectChange, of } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createManyToAny } from './support/many-to-any.ts';
import { createCollection } from './support/schema.ts';

let directus: Directus;

beforeAll(async () => {
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory' } });
	await createCollection(directus, 'headings', [{ field: 'text', type: 'string' }]);
	await createManyToAny(directus, 'articles', 'blocks', ['headings', 'authors']);
	await createCollection(directus, 'home', [{ field: 'headline', type: 'string' }], undefined, { singleton: true });
	await directus.data('PATCH', '/items/home', { headline: 'Welcome' });
});
afterAll(() => directus.stop());

const call = (method: string, path: string, body?: unknown) => directus.data(method, path, body);

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

describe('the schema', () => {
	const everyArticle = [article(1), article(1, 'title'), anyArticle, anyBody];
	const others = [of('tags'), of('tags', [2]), of('authors', [1], ['name'])];

	it('a field is added, changed and deleted', async () => {
		// No answer used the new field: only answers that depend on the whole collection may lack it.
		const unaffected = [...others, article(1), article(1, 'title'), anyBody];
		await expectChange(directus, { drops: [anyArticle], keeps: unaffected }, () =>
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
