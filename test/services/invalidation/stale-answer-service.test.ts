import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ContentChange } from '../../../src/cache/tags/tags.ts';
import { MAX_WAIT_MS } from '../../../src/hooks/middleware/read-your-writes.ts';
import { KEEP_AFTER_MS } from '../../../src/stores/decorators/durable-invalidation-store.ts';
import { redisHarness } from '../../stores/redis/support.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { announce, startArticles, startRefreshing, user } from '../support/articles.ts';

describe('while an answer is made again', () => {
	const PATIENT = announce('1', { cache: { stale_while_revalidate: 30 } });

	async function changed(environment: Record<string, unknown> = {}, more: readonly ContentChange[] = []) {
		const articles = startRefreshing(environment);
		await articles.askOften(PATIENT);
		await articles.kept.look();
		await articles.save('1', 'Another title', more);
		return articles;
	}

	it('a request that says so gets the old answer as STALE, and once it is made the new one', async () => {
		const articles = await changed();
		const answer = await articles.ask(PATIENT);
		expect([answer.status, answer.text]).toEqual(['STALE', expect.stringContaining('Title 1')]);
		expect(articles.prompts).toHaveLength(1);
		await articles.pass(10);
		expect((await articles.ask(PATIENT)).status).toBe('HIT');
		expect(articles.prompts).toHaveLength(2);
	});

	it('a request that says nothing gets a new one', async () => {
		const articles = await changed();
		expect((await articles.ask(announce('1'))).status).toBe('MISS');
	});

	it('another user gets none that was rendered for this one', async () => {
		const articles = await changed();
		expect((await articles.ask(PATIENT, user('bob'))).status).toBe('MISS');
	});

	it.each<[string, ContentChange]>([
		['the item was deleted', { kind: 'delete', collection: 'articles', items: ['1'] }],
		['its collection was altered', { kind: 'schema', collection: 'articles' }],
		['a permission was changed', { kind: 'create', collection: 'directus_permissions', items: ['7'] }],
	])('nobody gets it where %s with it, before it or after it', async (_, change) => {
		const together = await changed({}, [change]);
		expect((await together.ask(PATIENT)).status).toBe('MISS');
		const after = await changed();
		await after.invalidator.changed([change], { cause: 'event' });
		expect((await after.ask(PATIENT)).status).toBe('MISS');
	});

	it('a request gets it still where somebody looked at a page of the Studio meanwhile', async () => {
		const seen: ContentChange = { kind: 'update', collection: 'directus_users', items: ['ann'], fields: ['last_page'] };
		const together = await changed({}, [seen]);
		expect((await together.ask(PATIENT)).status).toBe('STALE');
		const after = await changed();
		await after.invalidator.changed([seen], { cause: 'event' });
		expect((await after.ask(PATIENT)).status).toBe('STALE');
	});

	it.each([
		['its collection', { collection: 'articles' }],
		['its item', { collection: 'articles', items: ['1'] }],
		['a model and a collection at once', { provider: 'openai', collection: 'articles' } as const],
		['something else', { tags: ['elsewhere'] }],
	])('nobody gets it after a purge of %s', async (_, criteria) => {
		const articles = await changed();
		await articles.invalidator.purge(criteria, { cause: 'purge' });
		expect((await articles.ask(PATIENT)).status).toBe('MISS');
	});

	it('nobody gets it after a purge during which its item was saved', async () => {
		const articles = startRefreshing();
		await articles.askOften(PATIENT);
		await articles.kept.look();
		const purging = articles.invalidator.purge({ collection: 'articles', items: ['1'] }, { cause: 'purge' });
		await articles.save('1', 'Another title');
		await purging;
		expect((await articles.ask(PATIENT)).status).toBe('MISS');
	});

	it('nobody gets it in a collection whose answers are dropped', async () => {
		const articles = await changed({
			AI_CACHE_COLLECTIONS: '{"articles":{"on_invalidate":"drop"},"pages":{"on_invalidate":"refresh"}}',
		});
		expect((await articles.ask(PATIENT)).status).toBe('MISS');
	});
});

it('holds up no change for long where the store does not answer', async () => {
	const articles = startRefreshing();
	const patient = announce('1', { cache: { stale_while_revalidate: 30 } });
	await articles.askOften(patient);
	await articles.kept.look();
	const invalidate = vi.spyOn(articles.store, 'invalidate');
	vi.spyOn(articles.store, 'beginMany').mockReturnValue(new Promise(() => {}));
	vi.useFakeTimers();
	try {
		void articles.save('1', 'Another title');
		// As long as the process does something else meanwhile, and no longer than leaves time to keep it elsewhere.
		await vi.advanceTimersByTimeAsync(MAX_WAIT_MS - KEEP_AFTER_MS - 1);
		expect(invalidate).toHaveBeenCalled();
	} finally {
		vi.useRealTimers();
	}
});

describe('two processes on one Redis', () => {
	let redis: TestRedis;
	beforeAll(async () => {
		redis = await startRedis();
	});
	afterAll(() => redis.stop());

	it.each(['with', 'without'])('share the old answer, %s a first level', async (level) => {
		const harness = await redisHarness(redis, level === 'with' ? {} : { firstLevelBytes: 0 });
		const { clock, store, other } = harness;
		const titles = new Map([['1', 'Title 1']]);
		const environment = { AI_CACHE_ON_INVALIDATE: 'refresh' };
		const saving = startArticles(environment, { clock, store, titles });
		const asking = startArticles(environment, { clock, store: other, titles });
		const patient = announce('1', { cache: { stale_while_revalidate: 30 } });
		expect((await asking.ask(patient)).status).toBe('MISS');
		await asking.askOften(patient);
		await saving.kept.look();
		await saving.save('1', 'Another title');
		const answer = await asking.ask(patient);
		expect([answer.status, answer.text]).toEqual(['STALE', expect.stringContaining('Title 1')]);
		await saving.invalidator.purge({ tags: ['elsewhere'] }, { cause: 'purge' });
		expect((await asking.ask(patient)).status).toBe('MISS');
		await harness.stop();
	});
});
