import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { anyArticle, article, type Expectation, expectChange, of } from './support/dependents.ts';
import { importJson } from './support/forms.ts';
import { asker } from './support/generations.ts';
import { createAlias, createCollection, createManyToOne } from './support/schema.ts';
import { type Served, serve } from './support/served.ts';

/**
 * A statement that fails inside a transaction costs PostgreSQL the whole transaction, which SQLite forgives; and what
 * is written in one is seen by nobody before it is committed.
 */
describe.runIf(hasPostgres)('with PostgreSQL', () => {
	let postgres: TestPostgres;
	let redis: TestRedis;
	let served: Served;

	beforeAll(async () => {
		[postgres, redis] = await Promise.all([
			startPostgres(),
			startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }),
		]);
		// A machine that is busy with other things must not look like a store that is away.
		const env = { AI_CACHE_STORE: 'redis', AI_CACHE_REDIS: redis.url, AI_CACHE_STORE_TIMEOUT: '10s' };
		served = await serve(env, { processes: 2, postgres: postgres.url });
	});
	afterAll(async () => {
		await served.stop();
		await redis.stop();
		await postgres.stop();
	});

	const call = <Data = unknown>(method: string, path: string, body?: unknown) =>
		served.directus.data<Data>(method, path, body);
	/** Changed through one process, asked in the other. */
	const expectElsewhere = (expected: Expectation, change: () => Promise<unknown>): Promise<void> =>
		expectChange(served.directus, { asks: served.directus.process(1), ...expected }, change);

	it.each<[string, Expectation, () => Promise<unknown>]>([
		[
			'an update of one item',
			{ drops: [article(1, 'title')], keeps: [article(1, 'body'), article(2)] },
			() => call('PATCH', '/items/articles/1', { title: 'One' }),
		],
		[
			'a batch, told of before it is committed,',
			{ drops: [article(4, 'title'), article(5, 'body')], keeps: [article(4, 'body'), article(5, 'title')] },
			() =>
				call('PATCH', '/items/articles', [
					{ id: 4, title: 'Batch' },
					{ id: 5, body: 'Batch' },
				]),
		],
		[
			'a nested write, with foreign keys that are looked up in its transaction,',
			{ drops: [article(3, 'tags'), of('articles_tags', [3])], keeps: [article(4, 'tags'), article(3, 'title')] },
			() => call('PATCH', '/items/articles/3', { tags: { create: [], update: [], delete: [3] } }),
		],
		[
			'an import',
			{ drops: [article(8, 'title'), anyArticle], keeps: [article(8, 'body'), article(9)] },
			() => importJson(served.directus.url, 'articles', [{ id: 8, title: 'Imported' }]),
		],
		[
			'a manual sort',
			{ drops: [article(2, 'sort')], keeps: [article(2, 'title'), of('tags')] },
			() => call('POST', '/utils/sort/articles', { item: 1, to: 3 }),
		],
		[
			'a deletion, with what the database deletes and empties along',
			{
				drops: [article(2, 'author'), of('authors', [3])],
				keeps: [article(1, 'author'), article(2, 'title')],
			},
			() => call('DELETE', '/items/authors/3'),
		],
		[
			'an item’s deletion with its translations',
			{ drops: [of('articles_translations', [10], ['title'])], keeps: [of('articles_translations', [9])] },
			() => call('DELETE', '/items/articles/10'),
		],
	])('%s is in force in the other process', (_, expected, change) => expectElsewhere(expected, change));

	it('a field that holds a relation goes with the list that it made', async () => {
		const { directus } = served;
		await createCollection(directus, 'shelves', [{ field: 'name', type: 'string' }]);
		await createCollection(directus, 'books', [{ field: 'shelf', type: 'integer' }]);
		await createAlias(directus, 'shelves', 'books', 'o2m');
		await createManyToOne(directus, 'books', 'shelf', 'shelves', { one_field: 'books' });
		await call('POST', '/items/shelves', { name: 'Top', books: [{}, {}] });
		await expectElsewhere(
			{
				drops: [of('shelves', [1], ['books']), of('shelves', [1]), of('books', [1], ['shelf'])],
				keeps: [anyArticle, of('tags')],
			},
			() => call('DELETE', '/fields/books/shelf'),
		);
		await expectElsewhere({ drops: [of('shelves', [1], ['name'])], keeps: [anyArticle] }, () =>
			call('DELETE', '/collections/shelves'),
		);
	});

	it('a snapshot that lacks a field is applied', async () => {
		type Snapshot = { fields: { collection: string; field: string }[] };
		const snapshot = await call<Snapshot>('GET', '/schema/snapshot');
		const fields = snapshot.fields.filter(({ collection, field }) => `${collection}.${field}` !== 'tags.label');
		const difference = await call('POST', '/schema/diff', { ...snapshot, fields });
		await expectElsewhere({ drops: [of('tags', [1], ['label'])], keeps: [of('authors', [1]), anyArticle] }, () =>
			call('POST', '/schema/apply', difference),
		);
	});

	it('a template follows its relations', async () => {
		const about = { collection: 'articles', item: 1, prompt: '{{title}}: {{author.name}}, {{translations.title}}' };
		const request = { provider: 'openai', model: 'gpt-4o-mini', ...about };
		expect((await served.ask(request)).data?.text).toContain('One: Grace Hopper, Artikel 1');
		expect((await served.ask(request)).cache).toBe('HIT');
		await call('PATCH', '/items/authors/2', { name: 'Rear Admiral Hopper' });
		const { cache, data } = await served.ask(request);
		expect([cache, data?.text]).toEqual(['MISS', expect.stringContaining('One: Rear Admiral Hopper')]);
	});

	it.each([
		['text', { collection: 'languages', item: 'de\0DE', prompt: '{{name}}' }],
		['numbers', { collection: 'articles', item: 99_999_999_999, prompt: '{{title}}' }],
	])('a key of %s that PostgreSQL cannot hold is a missing item', async (_, about) => {
		const reply = await served.ask({ provider: 'openai', model: 'gpt-4o-mini', ...about });
		expect(reply).toMatchObject({ status: 404 });
		expect(JSON.stringify(reply)).not.toMatch(/select/i);
	});

	it('what Redis could not be told is kept in the database, also when the process ends that changed it', async () => {
		const { directus } = served;
		const [first, second] = [directus.process(0), directus.process(1)];
		const marker = { provider: 'openai', model: 'gpt-4o-mini', prompt: 'About nothing' };
		await served.ask(marker);
		await expectElsewhere({ drops: [article(7, 'title')], keeps: [article(7, 'body'), article(6)] }, async () => {
			await redis.kill();
			await call('PATCH', '/items/articles/7', { title: 'While Redis was away' });
			await first.kill();
			await redis.restart();
			await expect.poll(async () => (await asker(second)(marker)).cache, { timeout: 60_000 }).toBe('HIT');
		});
	});
});
