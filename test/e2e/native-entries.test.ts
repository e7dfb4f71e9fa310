import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type {
	BatchElement,
	EntryDetail,
	EntryPage,
	GenerationAnswer,
	InvalidationResult,
	JournalRow,
} from '../../src/shared/api-types.ts';
import { ADMIN } from './support/process.ts';
import { type Directus, startDirectus } from './support/directus.ts';

/** What each answer depends on. */
const ANSWERS = {
	a: { provider: 'openai', model: 'gpt-4o-mini', collection: 'articles', item: 1, tags: ['x'] },
	b: { provider: 'openai', model: 'gpt-4o-mini', collection: 'articles', item: 2 },
	c: { provider: 'openai', model: 'gpt-4o', collection: 'articles', item: 1, fields: ['title'] },
	d: { provider: 'anthropic', model: 'claude-haiku-4-5', collection: 'articles' },
	e: { provider: 'anthropic', model: 'claude-haiku-4-5', collection: 'authors', item: 1, tags: ['x', 'y'] },
	f: { provider: 'mistral', model: 'mistral-small-latest' },
	g: { provider: 'deepseek', model: 'deepseek-chat', tags: ['y'] },
};
type Name = keyof typeof ANSWERS;
const NAMES = Object.keys(ANSWERS) as Name[];
const requestOf = (name: Name) => ({ ...ANSWERS[name], prompt: `Prompt ${name}` });

let directus: Directus;

beforeAll(async () => {
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory' } });
});
afterAll(() => directus.stop());

const store = (names: readonly Name[]) =>
	directus.data<{ data: { key: string } }[]>(
		'POST',
		'/ai-cache/store',
		names.map((name) => ({ ...requestOf(name), text: `Answer ${name}` })),
	);
const invalidate = (criteria: object) => directus.data<InvalidationResult>('POST', '/ai-cache/invalidate', criteria);
const page = (query = '') => directus.data<EntryPage>('GET', `/ai-cache/entries${query}`);

async function left(): Promise<string> {
	const found = await directus.data<BatchElement<GenerationAnswer | null>[]>(
		'POST',
		'/ai-cache/lookup',
		NAMES.map(requestOf),
	);
	return NAMES.filter((_, index) => (found[index] as { data: unknown }).data !== null).join('');
}

describe('invalidating', () => {
	beforeEach(async () => {
		await store(NAMES);
	});

	it.each([
		[{ provider: 'openai' }, 'abc'],
		[{ model: 'gpt-4o-mini' }, 'ab'],
		[{ provider: 'openai', model: 'gpt-4o' }, 'c'],
		[{ provider: 'anthropic', model: 'gpt-4o' }, ''],
		[{ collection: 'articles' }, 'abcd'],
		[{ collection: 'articles', items: [1] }, 'ac'],
		[{ collection: 'articles', items: ['1', 2] }, 'abc'],
		[{ collection: 'articles', items: [1], fields: ['title'] }, 'ac'],
		[{ collection: 'articles', items: [1], fields: ['body'] }, 'a'],
		[{ collection: 'articles', items: [99] }, ''],
		[{ tags: ['x'] }, 'ae'],
		[{ tags: ['x', 'y'] }, 'aeg'],
		[{ provider: 'openai', tags: ['x'] }, 'a'],
		[{ provider: 'anthropic', collection: 'articles' }, 'd'],
		[{ provider: 'openai', model: 'gpt-4o', collection: 'articles', items: [1] }, 'c'],
		[{ collection: 'authors', items: [1], tags: ['y'] }, 'e'],
		[{ all: true }, 'abcdefg'],
	])('by %j drops %s, exactly those and as many as it said before', async (criteria, dropped) => {
		const dry = await invalidate({ ...criteria, dry_run: true });
		expect(dry).toMatchObject({ entries: dropped.length, dry_run: true });
		expect(await left()).toBe('abcdefg');
		const done = await invalidate(criteria);
		expect(done).toMatchObject({ entries: dropped.length, dry_run: false });
		expect(await left()).toBe(NAMES.filter((name) => !dropped.includes(name)).join(''));
	});

	it('by key drops one, and none where another criterion does not fit it', async () => {
		const { key } = (await store(['a']))[0]!.data;
		expect((await invalidate({ key, provider: 'mistral' })).entries).toBe(0);
		expect((await invalidate({ key, dry_run: true })).entries).toBe(1);
		expect((await invalidate({ key })).entries).toBe(1);
		expect(await left()).toBe('bcdefg');
	});

	it('is written down: when, by whom, what, and how many', async () => {
		const since = new Date().toISOString();
		await invalidate({ tags: ['x'] });
		await directus.data('PATCH', '/items/articles/2', { title: 'Another title' });
		const journal = () => directus.data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal?limit=2');
		await expect.poll(async () => (await journal()).rows[0]?.cause).toBe('event');
		const { rows } = await journal();
		const me = await directus.data<{ id: string }>('GET', '/users/me');
		expect(rows).toMatchObject([
			// The answers to item 2 and to all articles.
			{ cause: 'event', event: 'items.update', entries: 2, criteria: { collection: 'articles', items: ['2'] } },
			{ cause: 'purge', event: null, entries: 2, criteria: { tags: ['x'] } },
		]);
		expect(rows.map(({ user }) => user)).toEqual([me.id, me.id]);
		expect(rows.every(({ at, user_name: name }) => at >= since && typeof name === 'string')).toBe(true);
	});
});

describe('the journal', () => {
	it('is read page by page', async () => {
		interface Page {
			rows: JournalRow[];
			next_cursor: string | null;
		}
		const whole = await directus.data<Page>('GET', '/ai-cache/journal?limit=4');
		const first = await directus.data<Page>('GET', '/ai-cache/journal?limit=2');
		const second = await directus.data<Page>('GET', `/ai-cache/journal?limit=2&cursor=${first.next_cursor}`);
		expect([...first.rows, ...second.rows]).toEqual(whole.rows);
	});
});

describe('the entries', () => {
	beforeAll(async () => {
		await invalidate({ all: true });
		await store(NAMES);
	});

	it.each([
		['?provider=openai', 'abc'],
		['?provider=openai&model=gpt-4o', 'c'],
		['?collection=articles', 'abcd'],
		['?collection=articles&item=1', 'ac'],
		['?tag=y', 'eg'],
		['?provider=anthropic&tag=x', 'e'],
		['?search=mistral', 'f'],
	])('are filtered by %s', async (query, names) => {
		const { entries, total } = await page(query);
		expect(
			entries
				.map(({ preview }) => preview?.at(-1))
				.sort()
				.join(''),
		).toBe(names);
		if (!query.includes('search')) expect(total).toBe(names.length);
	});

	it('are read page by page, each once', async () => {
		const seen: string[] = [];
		let cursor: string | null = null;
		do {
			const query = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
			const part: EntryPage = await page(`?limit=3&sort=created${query}`);
			expect(part.total).toBe(NAMES.length);
			seen.push(...part.entries.map(({ key }) => key));
			cursor = part.next_cursor;
		} while (cursor !== null);
		expect([seen.length, new Set(seen).size]).toEqual([7, 7]);
	});

	it('are sorted by what they served', async () => {
		await directus.data('POST', '/ai-cache/lookup', [requestOf('g'), requestOf('g'), requestOf('f')]);
		const sorted = async () => (await page('?sort=-hits&limit=2')).entries.map(({ preview, hits }) => [preview, hits]);
		await expect.poll(sorted, { timeout: 5000 }).toEqual([
			['Answer g', 2],
			['Answer f', 1],
		]);
	});

	it('are shown with all that made them', async () => {
		const [entry] = (await page('?provider=openai&model=gpt-4o')).entries;
		const detail = await directus.data<EntryDetail>('GET', `/ai-cache/entries/${entry!.key}`);
		expect(detail).toMatchObject({
			...entry,
			age: expect.any(Number) as number,
			text: 'Answer c',
			items: [{ collection: 'articles', item: '1' }],
			dependencies: [{ collection: 'articles', items: ['1'], fields: ['title'] }],
			request: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Prompt c' }] },
		});
	});

	it('are removed one by one and several together', async () => {
		const keys = (await page()).entries.map(({ key }) => key);
		const one = await directus.data<InvalidationResult>('DELETE', `/ai-cache/entries/${keys[0]}`);
		const more = await directus.data<InvalidationResult>('DELETE', '/ai-cache/entries', { keys: keys.slice(0, 3) });
		expect([one.entries, more.entries, (await page()).total]).toEqual([1, 2, 4]);
		expect((await directus.api('GET', `/ai-cache/entries/${keys[0]}`)).status).toBe(404);
		const { rows } = await directus.data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal?limit=2');
		expect(rows).toMatchObject([
			{ criteria: {}, entries: 2, note: '3 entries, chosen one by one' },
			{ criteria: { key: keys[0] }, entries: 1 },
		]);
	});

	it.each([
		['?item=1', 'item'],
		['?sort=name', 'sort'],
		['?limit=0', 'limit'],
		['?colour=red', 'colour'],
	])('refuse the query %s by its parameter’s name', async (query, field) => {
		const answer = await directus.api('GET', `/ai-cache/entries${query}`);
		expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { field } }] } });
	});

	it('keep what they hold out of the log', () => {
		for (const secret of ['Prompt a', 'Answer a', ADMIN.token]) expect(directus.logs()).not.toContain(secret);
	});
});
