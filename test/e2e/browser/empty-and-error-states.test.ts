import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { type TestRedis, startRedis } from '../../support/redis.ts';
import { createAccount } from '../support/access.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { makeTraffic, seen } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let redis: TestRedis;
let directus: Directus;
let studio: Studio;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	redis = await startRedis();
	const env = { ...emulator.environment(), AI_CACHE_REDIS: redis.url, AI_CACHE_STUDIO_SHOW_CONTENT: 'false' };
	directus = await startDirectus({ env });
	await enableModule(directus);
	studio = await openStudio(directus, { width: 1280 });
	studio.page.setDefaultTimeout(45_000);
	await studio.open('/ai-cache');
});
afterAll(async () => {
	await studio.close();
	await closeBrowser();
	await directus.stop();
	await redis.stop();
	await emulator.stop();
});

/** Returns the text colors of the filled buttons on empty pages. */
const buttonColours = (page: Page): Promise<string[]> =>
	page
		.locator('.v-info button .content')
		.evaluateAll((texts) => [...new Set(texts.map((text) => getComputedStyle(text).color))]);

const PAGES = {
	'': 'Nothing Cached Yet',
	'/collections': 'No Collections Yet',
	'/entries': 'No Entries',
	'/journal': 'Nothing Invalidated Yet',
	'/warming': 'Nothing to Warm',
};

describe('pages of an empty cache', () => {
	for (const [location, title] of Object.entries(PAGES))
		it(`explain that it is empty on /ai-cache${location}`, async () => {
			await studio.page.locator(`.v-list a[href$="/ai-cache${location}"]`).first().click();
			await studio.page.getByRole('heading', { name: title }).waitFor();
		});
});

describe('pages when the API fails', () => {
	it('show the error, and the content after a retry', async () => {
		const refuse = { status: 500, json: { errors: [{ message: 'Out of order.', extensions: { code: 'X' } }] } };
		const ours = (url: URL) => url.pathname.startsWith('/ai-cache/');
		await studio.page.route(ours, (route) => route.fulfill(refuse));
		await studio.page.goto('/admin/ai-cache/entries');
		await studio.page.getByText('Out of order.').waitFor();
		expect(await buttonColours(studio.page)).toEqual(['rgb(255, 255, 255)']);
		await studio.page.unroute(ours);
		await studio.page.getByRole('button', { name: 'Try Again' }).click();
		await studio.page.getByRole('heading', { name: 'No Entries' }).waitFor();
	});

	it('keep the last figures, and warn that they are outdated', async () => {
		await makeTraffic(directus);
		await studio.open('/ai-cache/collections');
		const ours = (url: URL) => url.pathname === '/ai-cache/stats';
		await studio.page.route(ours, (route) => route.abort());
		await studio.page.getByText('These figures could not be refreshed').waitFor({ timeout: 60_000 });
		expect(await seen(studio.page, '[data-collection="articles"]')).toContain('articles');
		await studio.page.unroute(ours);
	});
});

describe('hidden content', () => {
	it('appears neither in the list nor in the drawer, which gives the reason', async () => {
		await studio.open('/ai-cache/entries');
		await studio.page.getByText('Content hidden').first().click();
		await studio.page.getByText('AI_CACHE_STUDIO_SHOW_CONTENT is false').waitFor();
		expect(await studio.page.locator('.v-drawer').innerText()).not.toContain('Summarize');
	});
});

describe('search for entries', () => {
	it('shows the number of matches, and a message if there are none', async () => {
		await studio.open('/ai-cache/entries?search=teaser');
		await studio.page.getByText('1–1 of 1').waitFor();
		await studio.open('/ai-cache/entries?search=nowhere-to-be-found');
		await studio.page.getByRole('heading', { name: 'No Results' }).waitFor();
	});
});

describe('users who are not admins', () => {
	it('see no module in the module bar, and no page at its URL', async () => {
		const account = await createAccount(directus, 'editor', [], { app_access: true });
		const editor = await openStudio(directus, { account });
		await editor.page.goto('/admin/ai-cache');
		await editor.page.getByText('Page Not Found').first().waitFor();
		expect(await editor.page.locator('a[href$="/ai-cache"]').count()).toBe(0);
		await editor.close();
	});
});

describe('an unreachable store', () => {
	it('shows an alert with advice on the overview, and a status on the health page', async () => {
		await studio.open('/ai-cache');
		await redis.stop();
		await studio.open('/ai-cache/settings');
		await studio.page.locator('[data-notice="store_down"]').waitFor({ timeout: 60_000 });
		expect(await seen(studio.page, '[data-notice="store_down"]')).toContain('AI_CACHE_REDIS');
		expect(await seen(studio.page, '.health')).not.toContain('Healthy');
	});
});
