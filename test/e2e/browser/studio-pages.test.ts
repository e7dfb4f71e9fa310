import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EntryPage, JournalRow } from '../../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { ask, makeTraffic, seen, statsOf, written } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let directus: Directus;
let studio: Studio;

beforeAll(async () => {
	emulator = await startProviderEmulator({ text: (prompt) => `**Answer** to: ${prompt.slice(0, 60)}` });
	directus = await startDirectus({ env: emulator.environment() });
	await enableModule(directus);
	await makeTraffic(directus);
	studio = await openStudio(directus, { width: 1680, height: 1000 });
	studio.page.setDefaultTimeout(45_000);
});
afterAll(async () => {
	await studio.close();
	await closeBrowser();
	await directus.stop();
	await emulator.stop();
});

const rows = () => studio.page.locator('.v-table tbody tr.table-row');
const entriesOf = (query = '') => directus.data<EntryPage>('GET', `/ai-cache/entries${query}`);

describe('collections page', () => {
	it('shows each collection’s figures and invalidates one', async () => {
		await studio.open('/ai-cache/collections');
		const { collections } = await statsOf(directus);
		const text = await seen(studio.page, '[data-collection="articles"]');
		expect(text).toContain(written.percent(collections['articles']?.hit_rate ?? -1));
		expect(text).toContain('Never');

		await studio.page.locator('[data-collection="articles"] button').click();
		await studio.page.getByRole('button', { name: /^Invalidate \d+ Entries$/ }).click();
		await studio.page.getByText(/entries invalidated/).waitFor();
		expect((await statsOf(directus)).collections['articles']?.entries).toBe(0);
		await studio.page.locator('[data-collection="articles"]', { hasText: 'Manual' }).waitFor();
		await makeTraffic(directus);
	});
});

describe('entries page', () => {
	it('lists, filters and sorts on the server', async () => {
		await studio.open('/ai-cache/entries');
		expect(await rows().count()).toBe((await entriesOf()).total);

		await studio.page.locator('.filters .model').click();
		await studio.page.locator('.v-select-list, .v-menu-content').getByText('gpt-4o-mini', { exact: true }).click();
		await studio.page.getByText('1–1 of 1').waitFor();
		expect(await rows().first().innerText()).toContain('gpt-4o-mini');
		expect(studio.page.url()).toContain('model=gpt-4o-mini');

		await studio.open('/ai-cache/entries?search=depends%20on%20no%20content');
		await studio.page.getByText('1–1 of 1').waitFor();

		await studio.open('/ai-cache/entries?sort=-hits');
		const { entries } = await entriesOf('?sort=-hits');
		expect(await rows().first().innerText()).toContain(entries[0]?.model);
	});

	it('remembers the page size and the column widths', async () => {
		await studio.open('/ai-cache/entries');
		await studio.page.locator('.pages .size button, .pages .size .inline-display').first().click();
		await studio.page.locator('.v-menu-content').getByText('50', { exact: true }).click();
		const asked = studio.page.waitForRequest((request) => request.url().includes('/ai-cache/entries?'));
		await studio.page.reload();
		expect((await asked).url()).toContain('limit=50');
		await rows().first().waitFor();

		const header = studio.page.locator('.v-table th', { hasText: 'Source' });
		const before = (await header.boundingBox())!.width;
		// Hovering waits until the page has faded in.
		await header.locator('.resize-handle').hover();
		const handle = (await header.locator('.resize-handle').boundingBox())!;
		await studio.page.mouse.down();
		await studio.page.mouse.move(handle.x + 60, handle.y + handle.height / 2, { steps: 4 });
		await studio.page.waitForTimeout(100);
		await studio.page.mouse.up();
		const width = async (): Promise<number> => (await header.boundingBox())?.width ?? 0;
		await expect.poll(width).toBeGreaterThan(before + 30);
		await studio.page.reload();
		await rows().first().waitFor();
		await expect.poll(width).toBeGreaterThan(before + 30);
	});

	it('offers to clear the filters if nothing matches', async () => {
		await studio.open('/ai-cache/entries?tag=nothing-has-this-tag');
		await studio.page.getByText('No Results').waitFor();
		await studio.page.getByRole('button', { name: 'Clear Filters' }).click();
		await rows().first().waitFor();
	});

	it('opens an entry with its request, rendered answer, dependencies and TTL', async () => {
		const { entries } = await entriesOf('?collection=articles&item=1&model=gpt-4o');
		await studio.open(`/ai-cache/entries/${entries[0]?.key}`);
		const drawer = studio.page.locator('.v-drawer');
		await drawer.getByText('Summarize Article 1').first().waitFor();
		expect(await drawer.locator('.answer strong').innerText()).toBe('Answer');
		expect(await drawer.getByRole('link', { name: 'articles #1' }).getAttribute('href')).toMatch(
			/\/content\/articles\/1$/,
		);
		expect((await drawer.locator('.ttl').innerText()).replace(/\s+/g, ' ')).toContain(
			`${written.count(entries[0]?.ttl ?? -1)} s`,
		);
	});

	it('regenerates the open entry', async () => {
		const calls = emulator.calls();
		await studio.page.locator('.v-drawer .regenerate button').click();
		await studio.page.getByText('Answer regenerated').waitFor();
		expect(emulator.calls()).toBe(calls + 1);
		await studio.page.locator('.v-drawer .ttl').waitFor();
	});

	it('deletes the open entry, and a selection', async () => {
		const before = await entriesOf();
		await studio.page.locator('.v-drawer .remove button').click();
		await studio.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
		await studio.page.getByText('1 entry deleted').waitFor();
		expect((await entriesOf()).total).toBe(before.total - 1);

		await studio.open('/ai-cache/entries');
		for (const index of [0, 1]) await rows().nth(index).getByRole('checkbox').click();
		await studio.page.getByRole('button', { name: 'Delete Selected' }).click();
		await studio.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
		await studio.page.getByText('2 entries deleted').waitFor();
		expect((await entriesOf()).total).toBe(before.total - 3);
	});
});

describe('journal page', () => {
	it('shows the event, the item and the number of entries that an edit invalidated', async () => {
		await ask(directus, { item: 5 });
		await directus.data('PATCH', '/items/articles/5', { title: 'Changed' });
		await expect.poll(async () => (await journal())[0]?.event).toBe('items.update');
		const [newest] = await journal();
		await studio.open('/ai-cache/journal');
		const text = await rows().first().innerText();
		expect(text).toContain('Content Changed');
		expect(text).toContain('items.update');
		expect(text).toContain(String(newest?.entries));
		expect(await rows().first().getByRole('link').first().getAttribute('href')).toMatch(/\/content\/articles\/5$/);
	});

	const journal = async () => (await directus.data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal')).rows;
});

describe('warming page', () => {
	it('lists popular requests that are not cached, warms them and shows the result', async () => {
		for (let round = 0; round < 3; round++) await ask(directus, { item: 7 });
		await directus.data('POST', '/ai-cache/invalidate', { collection: 'articles' });
		await studio.open('/ai-cache/warming');
		const calls = emulator.calls();
		const chosen = await studio.page.locator('.start .v-select input').first().inputValue();
		const button = await studio.page.getByRole('button', { name: /^Warm \d+ Answers?$/ }).innerText();
		expect(button.replace(/\D/g, '')).toBe(chosen.replace(/\D/g, ''));
		for (const requested of await studio.page.locator('.v-table td:nth-child(4)').allInnerTexts())
			expect(Number(requested)).toBeGreaterThan(1);
		await studio.page.getByRole('button', { name: /^Warm \d+ Answers?$/ }).click();
		await studio.page.locator('.job[data-state="done"]').first().waitFor();
		expect(emulator.calls()).toBeGreaterThan(calls);
		expect(await seen(studio.page, '.job')).toMatch(/Finished .* generated/);
	});
});

describe('settings and health page', () => {
	it('shows the store and the effective settings, but no secrets', async () => {
		await studio.open('/ai-cache/settings');
		expect(await seen(studio.page, '.health')).toContain('Healthy');
		const text = await seen(studio.page, '.sections');
		expect(text).toContain('AI_CACHE_OPENAI_API_KEY');
		expect(text).not.toContain('sk-emulated');
	});

	it('raises a model’s version, which invalidates its answers', async () => {
		await ask(directus, { item: 9 });
		await studio.open('/ai-cache/settings');
		const row = studio.page.locator('tr', { hasText: 'gpt-4o' }).filter({ hasNotText: 'mini' }).first();
		await row.getByRole('button', { name: /Raise Version/ }).click();
		await studio.page
			.getByRole('alertdialog')
			.getByText(/entr(y|ies) will be invalidated\./)
			.waitFor();
		await studio.page.getByRole('alertdialog').getByRole('button', { name: 'Raise Version' }).click();
		await studio.page.getByText('gpt-4o is at version 2').waitFor();
		const { providers } = await statsOf(directus);
		expect(providers.openai.models['gpt-4o']).toMatchObject({ version: 2, entries: 0 });
	});

	it('logs no error in the page', () => {
		expect(studio.errors).toEqual([]);
	});
});
