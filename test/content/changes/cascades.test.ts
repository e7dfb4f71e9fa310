import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CascadeMemory, findCascades } from '../../../src/content/changes/cascades.ts';
import { findRemovedRelations } from '../../../src/content/changes/removed-relations.ts';
import { hasDatabase, openDatabase } from '../database.ts';
import { blog } from '../schema.ts';

describe.skipIf(!hasDatabase)('findCascades on SQLite', () => {
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
		const changes = await findCascades('articles', [1], blog, database);
		expect(changes).toEqual(
			expect.arrayContaining([
				{ kind: 'delete', collection: 'comments', items: ['10'] },
				{ kind: 'delete', collection: 'articles', items: ['2'] },
				{ kind: 'delete', collection: 'articles', items: ['3'] },
				{ kind: 'delete', collection: 'comments', items: ['11'] },
				{ kind: 'update', collection: 'articles_sections', items: ['20'], fields: ['article_id'] },
			]),
		);
		expect(changes.filter(({ kind }) => kind !== 'relation')).toHaveLength(5);
	});

	it('finds articles that lose their author', async () => {
		expect(await findCascades('directus_users', ['u2'], blog, database)).toEqual([
			{ kind: 'update', collection: 'articles', items: ['3', '4'], fields: ['author'] },
		]);
	});

	it('ends in a tree that refers to itself', async () => {
		await database('articles').where({ id: '1' }).update({ parent: '3' });
		const changes = await findCascades('articles', ['1'], blog, database);
		expect(changes.filter(({ collection }) => collection === 'comments')).toHaveLength(2);
		await database('articles').where({ id: '1' }).update({ parent: null });
	});

	it('follows a foreign key that references a column other than the primary key', async () => {
		const relations = blog.relations.map((relation) =>
			relation.collection === 'comments' && relation.field === 'article' && relation.schema
				? { ...relation, schema: { ...relation.schema, foreign_key_column: 'title' } }
				: relation,
		);
		await database('articles').insert({ id: '50', title: 'Tea' });
		await database('comments').insert([
			{ id: '51', article: 'Tea' },
			{ id: '52', article: '50' },
		]);
		const changes = await findCascades('articles', ['50'], { ...blog, relations }, database);
		expect(changes.filter(({ collection }) => collection === 'comments')).toEqual([
			{ kind: 'delete', collection: 'comments', items: ['51'] },
		]);
		await database('comments').whereIn('id', ['51', '52']).delete();
		await database('articles').where({ id: '50' }).delete();
	});

	it('splits its queries if thousands of items are deleted at once', async () => {
		const keys = Array.from({ length: 40_000 }, (_, index) => index);
		const changes = await findCascades('articles', keys, blog, database);
		expect(changes).toContainEqual({ kind: 'delete', collection: 'comments', items: ['10', '11', '12'] });
	});

	it('finds the items that lose a deleted or moved row, from its previous keys', async () => {
		const left = { kind: 'relation', collection: 'articles', items: ['1'], fields: ['comments'] };
		expect(await findRemovedRelations('comments', ['10'], null, blog, database)).toEqual([left]);
		expect(await findRemovedRelations('comments', ['10'], { article: '4' }, blog, database)).toEqual([left]);
		expect(await findCascades('comments', ['10'], blog, database)).toEqual([left]);
	});

	it('sends no query if an update writes no foreign key', async () => {
		const asked: unknown[] = [];
		const count = (query: unknown): void => void asked.push(query);
		database.on('query', count);
		expect(await findRemovedRelations('comments', ['10'], { text: 'x' }, blog, database)).toEqual([]);
		expect(await findRemovedRelations('tags', ['1'], null, blog, database)).toEqual([]);
		expect(asked).toEqual([]);
		database.removeListener('query', count);
	});

	it('finds the items that lose junction rows when an item behind the junction is deleted', async () => {
		await database('articles_tags').insert({ id: '30', article_id: '4', tag_id: '8' });
		expect(await findCascades('tags', ['8'], blog, database)).toContainEqual({
			kind: 'relation',
			collection: 'articles',
			items: ['4'],
			fields: ['tags'],
		});
	});

	it('passes findings to the action event only through the same array of keys', () => {
		const memory = new CascadeMemory();
		const keys = [1];
		memory.remember(keys, []);
		expect(memory.get(keys)).toEqual({ cascades: [], fields: null });
		for (const others of [[1], undefined]) expect(memory.get(others)).toEqual({ cascades: null, fields: null });
		memory.remember(keys, [], { title: 'x' });
		expect(memory.get(keys)).toEqual({ cascades: [], fields: new Set(['title']) });
	});
});
