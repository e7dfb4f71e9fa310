import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CascadeMemory, cascadesOf } from '../../src/content/cascades.ts';
import { hasDatabase, openDatabase } from './database.ts';
import { blog } from './schema.ts';

describe.skipIf(!hasDatabase)('what a deletion takes along, on SQLite', () => {
	let database: ReturnType<typeof openDatabase>;

	beforeAll(async () => {
		database = openDatabase();
		await Promise.all(
			Object.values(blog.collections).map(({ collection, fields }) =>
				database.schema.createTable(collection, (table) => {
					table.string('id').primary();
					for (const { field, alias } of Object.values(fields)) if (field !== 'id' && !alias) table.string(field);
				}),
			),
		);
		await database('articles').insert([
			{ id: '1', author: 'u1', parent: null },
			{ id: '2', author: 'u1', parent: '1' },
			{ id: '3', author: 'u2', parent: '2' },
			{ id: '4', author: 'u2', parent: null },
		]);
		await database('comments').insert([
			{ id: '10', article: '1' },
			{ id: '11', article: '3' },
			{ id: '12', article: '4' },
		]);
		await database('articles_sections').insert([{ id: '20', article_id: '3' }]);
	});
	afterAll(() => database.destroy());

	it('follows ON DELETE CASCADE to the last grandchild, and names fields that are set null', async () => {
		const changes = await cascadesOf('articles', [1], blog, database);
		expect(changes).toEqual(
			expect.arrayContaining([
				{ kind: 'delete', collection: 'comments', items: ['10'] },
				{ kind: 'delete', collection: 'articles', items: ['2'] },
				{ kind: 'delete', collection: 'articles', items: ['3'] },
				{ kind: 'delete', collection: 'comments', items: ['11'] },
				{ kind: 'update', collection: 'articles_sections', items: ['20'], fields: ['article_id'] },
			]),
		);
		expect(changes).toHaveLength(5);
	});

	it('finds articles that lose their author', async () => {
		expect(await cascadesOf('directus_users', ['u2'], blog, database)).toEqual([
			{ kind: 'update', collection: 'articles', items: ['3', '4'], fields: ['author'] },
		]);
	});

	it('ends in a tree that refers to itself', async () => {
		await database('articles').where({ id: '1' }).update({ parent: '3' });
		const changes = await cascadesOf('articles', ['1'], blog, database);
		expect(changes.filter(({ collection }) => collection === 'comments')).toHaveLength(2);
		await database('articles').where({ id: '1' }).update({ parent: null });
	});

	it('asks in portions where thousands are deleted at once', async () => {
		const keys = Array.from({ length: 40_000 }, (_, index) => index);
		const changes = await cascadesOf('articles', keys, blog, database);
		expect(changes).toContainEqual({ kind: 'delete', collection: 'comments', items: ['10', '11', '12'] });
	});

	it('reaches the action by the very array of keys, and no other', () => {
		const memory = new CascadeMemory();
		const keys = [1];
		memory.remember(keys, []);
		expect(memory.recall(keys)).toEqual([]);
		expect(memory.recall([1])).toBeNull();
		expect(memory.recall(undefined)).toBeNull();
	});
});
