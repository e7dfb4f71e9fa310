import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import type { JournalRow, StatsReport } from '../../src/shared/api-types.ts';
import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Account, createAccount } from './support/access.ts';
import type { Directus } from './support/directus.ts';
import type { Ask } from './support/generations.ts';
import { newChats, type Served, serve } from './support/test-server.ts';

const MOST_ROWS = 8;

let served: Served;
let emulator: ProviderEmulator;
let directus: Directus;
let ask: Ask;
let admin: Account;
let editor: Account;

const chat = newChats('Question');
const aboutTitle = (item: number) => chat({ collection: 'articles', item, fields: ['title'] });
const read = async (query = '') =>
	(await directus.data<{ rows: JournalRow[] }>('GET', `/ai-cache/journal${query}`)).rows;
/** The newest row, once it is of that cause: what changes of the content took away is noted behind them. */
async function newest(cause: JournalRow['cause'], ofId: (id: string) => boolean = () => true): Promise<JournalRow> {
	let newestRow: JournalRow | undefined;
	await vi.waitUntil(async () => {
		[newestRow] = await read('?limit=1');
		return newestRow?.cause === cause && ofId(newestRow.id);
	});
	return newestRow!;
}

beforeAll(async () => {
	served = await serve({ AI_CACHE_JOURNAL_MAX: String(MOST_ROWS), AI_CACHE_ON_MODEL_UPDATE: 'invalidate' });
	({ emulator, directus, ask } = served);
	admin = await createAccount(directus, 'Grace', [], { admin_access: true });
	await directus.data('PATCH', `/users/${admin.id}`, { last_name: 'Hopper' });
	editor = await createAccount(directus, 'Edith', [
		{ collection: 'articles', action: 'read' },
		{ collection: 'articles', action: 'update' },
	]);
});
afterAll(() => served.stop());

describe('the journal', () => {
	let since: string;
	beforeEach(() => {
		since = new Date().toISOString();
	});

	it('says who purged what, by name, and how many entries that took', async () => {
		await ask(chat({ tags: ['landing'] }));
		await ask(chat({ tags: ['landing'] }));
		await directus.data('POST', '/ai-cache/invalidate', { tags: ['landing'] }, admin.token);
		const row = await newest('purge');
		expect(row).toMatchObject({
			event: null,
			user: admin.id,
			user_name: 'Grace Hopper',
			criteria: { tags: ['landing'] },
			entries: 2,
			note: null,
		});
		expect(row.at >= since && row.at <= new Date().toISOString()).toBe(true);
	});

	it('names in the figures of a collection whose invalidation was its last', async () => {
		await directus.data('POST', '/ai-cache/invalidate', { collection: 'articles' }, admin.token);
		await newest('purge');
		const { collections } = await directus.data<StatsReport>('GET', '/ai-cache/stats');
		expect(collections['articles']?.last_invalidation).toMatchObject({ cause: 'purge', user_name: 'Grace Hopper' });
	});

	it('keeps a preview to itself', async () => {
		await ask(chat({ tags: ['landing'] }));
		const before = await read();
		await directus.data('POST', '/ai-cache/invalidate', { all: true, dry_run: true }, admin.token);
		expect(await read()).toEqual(before);
	});

	it('says which event changed which fields of which item, and whose edit it was', async () => {
		await ask(aboutTitle(1));
		await directus.data('PATCH', '/items/articles/1', { title: 'Another title' }, editor.token);
		expect(await newest('event')).toMatchObject({
			event: 'items.update',
			user: editor.id,
			user_name: 'Edith',
			criteria: { collection: 'articles', items: ['1'], fields: ['title'] },
			entries: 1,
		});
	});

	it('names each kind of event, and leaves out those that took nothing', async () => {
		await ask(chat({ collection: 'articles' }));
		const { id } = await directus.data<{ id: number }>('POST', '/items/articles', { title: 'New' });
		const created = await newest('event', () => true);
		expect(created).toMatchObject({ event: 'items.create', criteria: { collection: 'articles' }, entries: 1 });
		await directus.data('PATCH', `/items/articles/${id}`, { title: 'Nobody asked about it' });
		await ask(aboutTitle(id));
		await directus.data('DELETE', `/items/articles/${id}`);
		const deleted = await newest('event', (row) => row !== created.id);
		expect(deleted).toMatchObject({ event: 'items.delete', criteria: { items: [String(id)] }, entries: 1 });
		expect((await read('?limit=2')).map(({ event }) => event)).toEqual(['items.delete', 'items.create']);
	});

	it('says who raised a model’s version', async () => {
		await ask(chat({ model: 'gpt-4o' }));
		await directus.data('POST', '/ai-cache/versions', { provider: 'openai', model: 'gpt-4o' }, admin.token);
		expect(await newest('version')).toMatchObject({
			user: admin.id,
			user_name: 'Grace Hopper',
			criteria: { provider: 'openai', model: 'gpt-4o' },
			entries: 1,
		});
	});

	it('says that another model answers under the same name, which is nobody’s doing', async () => {
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-08-06');
		await ask(chat({ model: 'gpt-4o' }));
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2024-11-20');
		await ask(chat({ model: 'gpt-4o' }));
		const row = await newest('model_update');
		expect(row).toMatchObject({ user: null, user_name: null, criteria: { provider: 'openai', model: 'gpt-4o' } });
		expect(row.note).toContain('gpt-4o-2024-11-20 instead of gpt-4o-2024-08-06');
	});

	it('names the entry that was deleted, and counts those that were chosen together', async () => {
		const keys: string[] = [];
		for (let each = 0; each < 3; each++) keys.push((await ask(chat())).data!.cache.key);
		const [first, ...others] = keys;
		await directus.data('DELETE', `/ai-cache/entries/${encodeURIComponent(first!)}`, undefined, admin.token);
		expect(await newest('purge')).toMatchObject({ user: admin.id, criteria: { key: first }, entries: 1, note: null });
		await directus.data('DELETE', '/ai-cache/entries', { keys: others }, admin.token);
		expect((await read('?limit=1'))[0]).toMatchObject({
			criteria: {},
			entries: 2,
			note: '2 entries, chosen one by one',
		});
	});

	it('is in order, newest first, each row once', async () => {
		const rows = await read();
		const times = rows.map(({ at }) => at);
		expect(times).toEqual(times.toSorted().reverse());
		expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
	});

	it(`keeps the last ${MOST_ROWS} rows, and ends there page by page`, async () => {
		for (let row = 1; row <= MOST_ROWS + 4; row++) {
			await directus.data('POST', '/ai-cache/invalidate', { tags: [`tag-${row}`] }, admin.token);
		}
		const tags = async (query = '') => (await read(query)).map(({ criteria }) => criteria.tags?.[0]);
		const last = Array.from({ length: MOST_ROWS }, (_, index) => `tag-${MOST_ROWS + 4 - index}`);
		expect(await tags()).toEqual(last);
		const pages: (string | undefined)[] = [];
		for (let cursor: string | null = ''; cursor !== null;) {
			const query: string = `?limit=3${cursor && `&cursor=${cursor}`}`;
			const page = await directus.data<{ rows: JournalRow[]; next_cursor: string | null }>(
				'GET',
				`/ai-cache/journal${query}`,
			);
			pages.push(...page.rows.map(({ criteria }) => criteria.tags?.[0]));
			cursor = page.next_cursor;
		}
		expect(pages).toEqual(last);
	});

	it('keeps the row of a user who is gone', async () => {
		const leaving = await createAccount(directus, 'Leaving', [], { admin_access: true });
		await directus.data('POST', '/ai-cache/invalidate', { tags: ['last-act'] }, leaving.token);
		await directus.data('DELETE', `/users/${leaving.id}`);
		const row = (await read()).find(({ criteria }) => criteria.tags?.[0] === 'last-act');
		expect(row).toMatchObject({ user: leaving.id, user_name: null });
	});

	it('is for administrators alone', async () => {
		const statusAs = async (token: string | null) =>
			(await directus.api('GET', '/ai-cache/journal', undefined, token)).status;
		expect([await statusAs(admin.token), await statusAs(editor.token), await statusAs(null)]).toEqual([200, 403, 403]);
	});

	it.each(['0', '501'])('refuses a limit of %s by its name', async (limit) => {
		const { status, body } = await directus.api('GET', `/ai-cache/journal?limit=${limit}`);
		expect(status).toBe(400);
		expect(body).toMatchObject({ errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'limit' } }] });
	});
});
