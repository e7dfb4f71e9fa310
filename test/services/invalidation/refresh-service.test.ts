import { describe, expect, it } from 'vitest';

import type { ContentChange } from '../../../src/cache/tags/tags.ts';
import { announce, startRefreshing, USD } from '../support/articles.ts';

describe('an answer that is asked often', () => {
	it('is made again from the new content, so that whoever asks next waits for nobody', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toEqual(['Announce Title 1', 'Announce Another title']);
		const answer = await articles.ask(announce('1'));
		expect([answer.status, answer.text]).toEqual(['HIT', expect.stringContaining('About: Announce Another title')]);
		expect(articles.prompts).toHaveLength(2);
	});

	it('is made again once where its item is saved ten times in a minute', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		for (let save = 1; save <= 10; save++) {
			await articles.save('1', `Draft ${save}`);
			await articles.repeat('1');
			await articles.pass(5.9);
		}
		await articles.pass(10);
		expect(articles.prompts).toEqual(['Announce Title 1', 'Announce Draft 10']);
	});

	it('is made again once a minute where its item is saved on and on', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		for (let second = 0; second < 150; second++) {
			await articles.save('1', `Draft ${second}`);
			await articles.pass(1);
		}
		expect(articles.prompts).toHaveLength(1 + 2);
	});

	it('is made again where an event came before the change was committed, long ago even', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		await articles.save('1', 'Title 1');
		await articles.pass(10);
		articles.titles.set('1', 'Committed late');
		await articles.repeat('1');
		await articles.pass(10);
		expect(articles.prompts.at(-1)).toBe('Announce Committed late');
	});

	it('is counted, with what it cost, and noted in the journal', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		await articles.save('1', 'Another title');
		await articles.pass(10);
		const [row, drop] = await articles.journal();
		expect(row).toMatchObject({
			cause: 'refresh',
			entries: 1,
			criteria: { collection: 'articles', items: ['1'] },
			note: 'Made 1 answer again for 2 USD',
		});
		expect(drop).toMatchObject({ cause: 'event', event: 'items.update', entries: 1 });
		expect((await articles.store.lastInvalidations())['articles']?.cause).toBe('event');
		const [day] = await articles.store.readStats('day', articles.clock.now(), articles.clock.now() + 1);
		expect(day?.rows).toMatchObject([
			{ collection: 'articles', deltas: { refreshed: 1, refreshed_usd: USD, spent_usd: 2 * USD, misses: 1 } },
		]);
	});

	it('keeps its rank whatever its item is changed to', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'), 2);
		await articles.save('1', 'Another title');
		await articles.ask(announce('1'));
		await articles.recorder.flush();
		expect(await articles.store.topRequested(10)).toMatchObject([{ count: 3 }]);
	});
});

describe('nothing is made again', () => {
	it('of what is asked seldom', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'), 2);
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(1);
	});

	it('of other items', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('2'));
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(1);
	});

	it('of a text that was written elsewhere, which holds the old content', async () => {
		const articles = startRefreshing();
		const { store, recorder } = articles;
		await articles.askOften(announce('1'));
		const [asked] = await store.topRequested(1);
		const record = { ...(JSON.parse(String(asked?.record)) as object), item: null };
		await recorder.flush();
		await store.addRequested(new Map([[asked!.key, { count: 9, record: Buffer.from(JSON.stringify(record)) }]]));
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(1);
	});

	it('after a purge by hand', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		await articles.invalidator.purge({ collection: 'articles' }, { cause: 'purge' });
		await articles.pass(100);
		expect(articles.prompts).toHaveLength(1);
	});

	it('in a collection whose own setting is to drop', async () => {
		const articles = startRefreshing({ AI_CACHE_COLLECTIONS: '{"articles":{"on_invalidate":"drop"}}' });
		await articles.askOften(announce('1'));
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(1);
	});

	it('for a user who may not ask any more; the journal says so', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		articles.mayNot.add('ann');
		await articles.save('1', 'Another title');
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(1);
		expect((await articles.journal())[0]?.note).toBe('Left 1 answer that may not be asked for as before');
	});

	it('of what somebody asked for meanwhile', async () => {
		const articles = startRefreshing();
		await articles.askOften(announce('1'));
		await articles.save('1', 'Another title');
		await articles.ask(announce('1'));
		await articles.pass(10);
		expect(articles.prompts).toHaveLength(2);
		expect((await articles.journal()).map(({ cause }) => cause)).toEqual(['event']);
	});
});

describe('where one collection alone refreshes', () => {
	it('its answers are made again, and those of others are not', async () => {
		const articles = startRefreshing({
			AI_CACHE_ON_INVALIDATE: 'drop',
			AI_CACHE_COLLECTIONS: '{"articles":{"on_invalidate":"refresh"}}',
		});
		await articles.askOften(announce('1'));
		await articles.askOften(announce('2', { collection: 'pages' }));
		await articles.save('1', 'Another title');
		await articles.save('2', 'Another title');
		await articles.pass(10);
		expect(articles.prompts.slice(2)).toEqual(['Announce Another title']);
		expect((await articles.ask(announce('1'))).status).toBe('HIT');
	});
});

describe('what one change and one day may cost', () => {
	const saveAll = async (articles: ReturnType<typeof startRefreshing>, text: string) => {
		const items = ['1', '2', '3', '4'];
		for (const item of items) articles.titles.set(item, `${text} ${item}`);
		const change: ContentChange = { kind: 'update', collection: 'articles', items, fields: ['title'] };
		await articles.invalidator.changed([change], { cause: 'event', event: 'items.update' });
		await articles.pass(10);
	};

	it('is bounded by a number of answers: the most requested', async () => {
		const articles = startRefreshing({ AI_CACHE_REFRESH_MAX: '2' });
		for (const [item, times] of [
			['1', 3],
			['2', 6],
			['3', 4],
			['4', 5],
		] as const) {
			await articles.askOften(announce(item), times);
		}
		await saveAll(articles, 'New');
		expect(articles.prompts.slice(4)).toEqual(['Announce New 2', 'Announce New 4']);
	});

	it('is bounded by the day’s budget; what is left waits for whoever asks, and the journal says so', async () => {
		const articles = startRefreshing({ AI_CACHE_REFRESH_BUDGET: String(2.5 * USD) });
		for (const item of ['1', '2', '3', '4']) await articles.askOften(announce(item));
		await saveAll(articles, 'New');
		expect(articles.prompts).toHaveLength(4 + 3);
		expect((await articles.journal())[0]).toMatchObject({
			entries: 3,
			note: 'Made 3 answers again for 6 USD; left 1 answer, as the day’s budget of 5 USD is spent',
		});
		await saveAll(articles, 'Newer');
		expect(articles.prompts).toHaveLength(7);
		articles.clock.advanceSeconds(86_400);
		for (const item of ['1', '2', '3', '4']) await articles.askOften(announce(item));
		const before = articles.prompts.length;
		await saveAll(articles, 'Newest');
		expect(articles.prompts.length - before).toBe(3);
	});

	it('is bounded by no budget for models without a known price: these are left, and the journal says so', async () => {
		const { askOften, save, pass, prompts, journal } = startRefreshing();
		await askOften(announce('1', { model: 'acme-1' }));
		await save('1', 'New title');
		await pass(30);
		expect(prompts).toHaveLength(1);
		expect((await journal())[0]).toMatchObject({
			cause: 'refresh',
			note: 'Left 1 answer of models whose price AI_CACHE_PRICES does not name',
		});
	});

	it('a failure is told, and the next answer is made all the same', async () => {
		const articles = startRefreshing({ AI_CACHE_UPSTREAM_RETRIES: '0' });
		await articles.askOften(announce('1'), 4);
		await articles.askOften(announce('2'));
		articles.upstream.fail = 500;
		await saveAll(articles, 'New');
		expect((await articles.journal())[0]).toMatchObject({
			entries: 1,
			note: 'Made 1 answer again for 2 USD; 1 failed',
		});
	});
});
