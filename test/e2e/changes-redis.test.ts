import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startRedis, type TestRedis } from '../support/redis.ts';
import { anyArticle, anyTitle, article, type Expectation, expectChange, of } from './support/dependents.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { createFlow } from './support/flows.ts';
import { importJson, upload } from './support/forms.ts';
import { runOwnWrites } from './support/own-writes.ts';

let redis: TestRedis;
let directus: Directus;

beforeAll(async () => {
	redis = await startRedis();
	// A machine that is busy with other things must not look like a store that is away.
	const env = { AI_CACHE_REDIS: redis.url, AI_CACHE_STORE_TIMEOUT: '10s' };
	directus = await startDirectus({ processes: 2, env });
});
afterAll(async () => {
	await directus.stop();
	await redis.stop();
});

const call = (method: string, path: string, body?: unknown) => directus.data(method, path, body);

/** Changed through the first process, asked in the second as soon as the first has answered. */
const expectElsewhere = (expected: Expectation, change: () => Promise<unknown>): Promise<void> =>
	expectChange(directus, { asks: directus.process(1), ...expected }, change);

/** Each kind has its own moment at which Directus tells of it: before or after what it wrote is committed. */
describe('what one process changed is in force in the other', () => {
	it.each<[string, Expectation, () => Promise<unknown>]>([
		[
			'an update of one item',
			{ drops: [article(1, 'title'), anyTitle], keeps: [article(1, 'body'), article(2)] },
			() => call('PATCH', '/items/articles/1', { title: 'One' }),
		],
		[
			'an update of many',
			{ drops: [article(1), article(2, 'body')], keeps: [article(2, 'title'), article(3)] },
			() => call('PATCH', '/items/articles', { keys: [1, 2], data: { body: 'Many' } }),
		],
		[
			'an update by query',
			{ drops: [article(3, 'body')], keeps: [article(3, 'title'), article(4)] },
			() => call('PATCH', '/items/articles', { query: { filter: { id: { _eq: 3 } } }, data: { body: 'Query' } }),
		],
		[
			'a batch',
			{ drops: [article(4, 'title'), article(5, 'body')], keeps: [article(4, 'body'), article(5, 'title')] },
			() =>
				call('PATCH', '/items/articles', [
					{ id: 4, title: 'Batch' },
					{ id: 5, body: 'Batch' },
				]),
		],
		[
			'a mutation by GraphQL',
			{ drops: [article(6, 'title')], keeps: [article(6, 'body'), article(7)] },
			() =>
				directus.api('POST', '/graphql', {
					query: 'mutation { update_articles_item(id: 6, data: { title: "GraphQL" }) { id } }',
				}),
		],
		[
			'a nested write to a related item',
			{ drops: [of('authors', [2], ['name'])], keeps: [of('authors', [1]), article(1, 'title')] },
			() => call('PATCH', '/items/articles/1', { author: { id: 2, name: 'Nested' } }),
		],
		[
			'a junction’s new row',
			{ drops: [article(3, 'tags')], keeps: [article(4, 'tags'), article(3, 'title')] },
			() => call('PATCH', '/items/articles/3', { tags: { create: [{ tags_id: 4 }], update: [], delete: [] } }),
		],
		[
			'a translation',
			{ drops: [of('articles_translations', [2], ['title'])], keeps: [article(2, 'title')] },
			() => call('PATCH', '/items/articles_translations/2', { title: 'Zwei' }),
		],
		[
			'an import',
			{ drops: [article(8, 'title'), anyArticle], keeps: [article(8, 'body'), article(9)] },
			() => importJson(directus.url, 'articles', [{ id: 8, title: 'Imported' }, { title: 'New' }]),
		],
		[
			'a manual sort',
			{ drops: [article(2, 'sort'), anyArticle], keeps: [article(2, 'title'), of('tags')] },
			() => call('POST', '/utils/sort/articles', { item: 1, to: 3 }),
		],
		[
			'a creation',
			{ drops: [anyArticle, anyTitle], keeps: [article(1), article(1, 'title')] },
			() => call('POST', '/items/articles', [{ title: 'New' }, { title: 'New too' }]),
		],
		[
			'a deletion, with what the database deletes along',
			{
				drops: [article(10, 'title'), of('articles_translations', [10], ['title'])],
				keeps: [article(9), of('articles_translations', [9])],
			},
			() => call('DELETE', '/items/articles/10'),
		],
		[
			'a file',
			{ drops: [of('directus_files')], keeps: [of('directus_folders')] },
			() => upload(directus.url, 'POST', '/files', 'text'),
		],
		[
			'a field that is added',
			{ drops: [of('tags')], keeps: [of('tags', [1], ['label']), anyArticle, of('authors', [1])] },
			() => call('POST', '/fields/tags', { field: 'color', type: 'string' }),
		],
	])('%s', (_, expected, change) => expectElsewhere(expected, change));

	it('a promoted version', async () => {
		const version = { key: 'next', name: 'Next', collection: 'articles', item: '9' };
		const { id } = await directus.data<{ id: string }>('POST', '/versions', version);
		await call('POST', `/versions/${id}/save`, { title: 'Promoted' });
		const { mainHash } = await directus.data<{ mainHash: string }>('GET', `/versions/${id}/compare`);
		await expectElsewhere({ drops: [article(9, 'title')], keeps: [article(9, 'body'), article(8)] }, () =>
			call('POST', `/versions/${id}/promote`, { mainHash }),
		);
	});

	it.each(['GET', 'POST'])('what a Flow changed that was triggered by %s', async (method) => {
		const payload = { body: `By a Flow and ${method}` };
		const options = { collection: 'articles', key: [7], payload, permissions: '$full', emitEvents: true };
		const id = await createFlow(directus, {
			name: 'Rewrite',
			trigger: 'webhook',
			options: { method, return: '$last', cache_enabled: false },
			operations: [{ key: 'rewrite', type: 'item-update', options }],
		});
		await expectElsewhere({ drops: [article(7, 'body')], keeps: [article(7, 'title'), article(6)] }, () =>
			directus.api(method, `/flows/trigger/${id}`),
		);
	});
});

it('ten clients that write at once never get an answer from before their own write in the other process', async () => {
	const result = await runOwnWrites(directus.process(0), directus.process(1), { clients: 10, rounds: 12 });
	expect(result).toMatchObject({ rounds: 120, stale: [] });
	expect(result.answeredBefore).toBeGreaterThan(90);
});
