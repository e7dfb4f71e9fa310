import { afterAll, beforeAll, describe, it } from 'vitest';

import { anyArticle, article, expectChange, of } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createManyToAny } from './support/many-to-any.ts';
import { createAlias, createCollection, createManyToOne } from './support/schema.ts';

let directus: Directus;
let me: string;

beforeAll(async () => {
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory' } });
	await createNotes();
	await createAlias(directus, 'authors', 'articles', 'o2m');
	// Directus 11 ends where the body does not name the relation once more.
	const relation = { collection: 'articles', field: 'author', related_collection: 'authors' };
	await call('PATCH', '/relations/articles/author', { ...relation, meta: { one_field: 'articles' } });
	await createCollection(directus, 'headings', [{ field: 'text', type: 'string' }]);
	await createManyToAny(directus, 'articles', 'blocks', ['headings', 'authors']);
	me = (await call<{ id: string }>('GET', '/users/me?fields=id')).id;
});
afterAll(() => directus.stop());

const call = <Data = unknown>(method: string, path: string, body?: unknown) => directus.data<Data>(method, path, body);
const user = (field: string) => of('directus_users', [me], [field]);
const notesOf = (id: number) => of('authors', [id], ['notes']);

/** Notes of authors, deleted when their author lets go of them; users have lists of those that they made or changed. */
async function createNotes(): Promise<void> {
	const filledIn = (field: string, special: string) => ({ field, type: 'uuid', meta: { special: [special] } });
	await createCollection(directus, 'notes', [
		{ field: 'text', type: 'string' },
		{ field: 'author', type: 'integer' },
		filledIn('user_created', 'user-created'),
		filledIn('user_updated', 'user-updated'),
	]);
	await createAlias(directus, 'authors', 'notes', 'o2m');
	const listed = { one_field: 'notes', one_deselect_action: 'delete' };
	await createManyToOne(directus, 'notes', 'author', 'authors', listed, 'CASCADE');
	await createAlias(directus, 'directus_users', 'notes_made', 'o2m');
	await createManyToOne(directus, 'notes', 'user_created', 'directus_users', { one_field: 'notes_made' });
	await createAlias(directus, 'directus_users', 'notes_changed', 'o2m');
	await createManyToOne(directus, 'notes', 'user_updated', 'directus_users', { one_field: 'notes_changed' });
}

/** A new author with these notes, and the keys of all. */
async function authorWithNotes(...texts: string[]): Promise<{ id: number; notes: number[] }> {
	const notes = texts.map((text) => ({ text }));
	return call('POST', '/items/authors?fields=id,notes', { name: 'New', notes });
}

describe('two levels deep', () => {
	it('a nested creation reaches the lists on its way, and no other', () =>
		expectChange(
			directus,
			{
				drops: [of('authors', [1], ['articles']), anyArticle, of('articles_tags'), of('tags')],
				keeps: [of('authors', [2], ['articles']), of('authors', [1], ['name']), article(1, 'tags'), of('tags', [1])],
			},
			() =>
				call('PATCH', '/items/authors/1', {
					articles: {
						create: [{ title: 'Deep', tags: [{ tags_id: { label: 'deepest' } }] }],
						update: [],
						delete: [],
					},
				}),
		));

	it('a nested update reaches what it names alone', () =>
		expectChange(
			directus,
			{
				drops: [article(2, 'title'), of('tags', [3], ['label']), of('authors', [3], ['articles'])],
				keeps: [article(2, 'body'), article(5, 'title'), of('tags', [1]), of('authors', [3], ['name'])],
			},
			() =>
				call('PATCH', '/items/authors/3', {
					articles: {
						create: [],
						update: [{ id: 2, title: 'Deep', tags: [{ id: 2, tags_id: { id: 3, label: 'deeper' } }] }],
						delete: [],
					},
				}),
		));

	it('a junction’s row that names its item as an object adds to its list', () =>
		expectChange(
			directus,
			{ drops: [article(4, 'tags'), of('tags')], keeps: [article(5, 'tags'), of('tags', [1])] },
			() => call('POST', '/items/articles_tags', { articles_id: { id: 4 }, tags_id: { label: 'new' } }),
		));

	it('a language that goes takes its translations out of the lists of their articles', () =>
		expectChange(
			directus,
			{
				drops: [article(1, 'translations'), of('articles_translations', [1], ['title']), of('languages', ['de-DE'])],
				keeps: [article(1, 'title'), of('languages', ['en-US'])],
			},
			() => call('DELETE', '/items/languages/de-DE'),
		));

	it('many-to-any: a row that points elsewhere is another block of the same list', async () => {
		await call('PATCH', '/items/articles/1', { blocks: [{ collection: 'headings', item: { text: 'First' } }] });
		await expectChange(
			directus,
			{
				drops: [of('articles_blocks', [1], ['item']), of('articles_blocks', [1], ['collection'])],
				keeps: [of('headings', [1]), of('authors', [1]), article(1, 'blocks'), article(2, 'blocks')],
			},
			() => call('PATCH', '/items/articles_blocks/1', { collection: 'authors', item: '1' }),
		);
	});
});

describe('a list that is written as a whole', () => {
	it('loses what it does not name, which is deleted', async () => {
		const { id, notes } = await authorWithNotes('stays', 'goes');
		const [stays = 0, goes = 0] = notes;
		await expectChange(
			directus,
			{
				drops: [notesOf(id), of('notes', [goes]), of('notes', [goes], ['text'])],
				keeps: [of('notes', [stays], ['text']), notesOf(1), of('authors', [id], ['name'])],
			},
			() => call('PATCH', `/items/authors/${id}`, { notes: [stays] }),
		);
	});

	it('takes rows from another list', async () => {
		const { id, notes } = await authorWithNotes('moves');
		await expectChange(
			directus,
			{
				drops: [notesOf(id), notesOf(2), of('notes', notes, ['author'])],
				keeps: [notesOf(1), of('notes', notes, ['text'])],
			},
			() => call('PATCH', '/items/authors/2', { notes }),
		);
	});

	it('is emptied by null', async () => {
		const { id, notes } = await authorWithNotes('goes');
		await expectChange(directus, { drops: [notesOf(id), of('notes', notes, ['text'])], keeps: [notesOf(1)] }, () =>
			call('PATCH', `/items/authors/${id}`, { notes: null }),
		);
	});
});

describe('a list by a key that Directus fills in itself', () => {
	it('gains what its user creates', () =>
		expectChange(
			directus,
			{
				drops: [user('notes_made'), of('directus_users', undefined, ['notes_made']), notesOf(1)],
				keeps: [user('notes_changed'), user('first_name'), notesOf(2)],
			},
			() => call('POST', '/items/notes', { text: 'Mine', author: 1 }),
		));

	it('gains what its user changes', () =>
		expectChange(
			directus,
			{ drops: [user('notes_changed')], keeps: [user('notes_made'), user('first_name'), notesOf(1)] },
			() => call('PATCH', '/items/notes', { query: { filter: { author: { _eq: 1 } } }, data: { text: 'Changed' } }),
		));

	it('loses what is deleted', () =>
		expectChange(
			directus,
			{ drops: [user('notes_made'), user('notes_changed'), notesOf(1)], keeps: [user('first_name'), notesOf(2)] },
			() => call('DELETE', '/items/notes', { query: { filter: { author: { _eq: 1 } } } }),
		));
});

describe('what holds a relation', () => {
	it('a field goes with the list that it made, and takes nothing else along', async () => {
		await createCollection(directus, 'shelves', [{ field: 'name', type: 'string' }]);
		await createCollection(directus, 'books', [{ field: 'shelf', type: 'integer' }]);
		await createAlias(directus, 'shelves', 'books', 'o2m');
		await createManyToOne(directus, 'books', 'shelf', 'shelves', { one_field: 'books' });
		await expectChange(
			directus,
			{ drops: [of('shelves', [1], ['books']), of('books', [1], ['shelf'])], keeps: [anyArticle, of('tags')] },
			() => call('DELETE', '/fields/books/shelf'),
		);
	});

	it('a collection goes with the lists of it, and takes nothing else along', async () => {
		await createCollection(directus, 'pages', [{ field: 'shelf', type: 'integer' }]);
		await createAlias(directus, 'shelves', 'pages', 'o2m');
		await createManyToOne(directus, 'pages', 'shelf', 'shelves', { one_field: 'pages' });
		await expectChange(
			directus,
			{ drops: [of('pages', [1]), of('shelves', [1], ['pages'])], keeps: [anyArticle, of('tags')] },
			() => call('DELETE', '/collections/pages'),
		);
	});

	it('a snapshot that lacks a field is applied', async () => {
		type Snapshot = { fields: { collection: string; field: string }[] };
		const snapshot = await call<Snapshot>('GET', '/schema/snapshot');
		const fields = snapshot.fields.filter(({ collection, field }) => `${collection}.${field}` !== 'tags.label');
		const difference = await call('POST', '/schema/diff', { ...snapshot, fields });
		await expectChange(
			directus,
			{ drops: [of('tags', [1]), of('tags', [1], ['label'])], keeps: [of('authors', [1]), anyArticle] },
			() => call('POST', '/schema/apply', difference),
		);
	});
});
