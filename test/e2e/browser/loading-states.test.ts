import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EntryPage, StatsReport } from '../../../src/shared/api-types.ts';
import { buildPeriodQuery } from '../../../src/module/lib/period.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { countSampleHistory } from './sample-history.ts';
import { ask, makeTraffic, seen, written } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let redis: TestRedis;
let directus: Directus;
let studio: Studio;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	redis = await startRedis();
	await countSampleHistory(redis.url);
	const env = { ...emulator.environment(), AI_CACHE_REDIS: redis.url, AI_CACHE_WARM_CONCURRENCY: '1' };
	directus = await startDirectus({ env });
	await enableModule(directus);
	await makeTraffic(directus);
	studio = await openStudio(directus, { width: 1440 });
	studio.page.setDefaultTimeout(45_000);
});
afterAll(async () => {
	await studio.close();
	await closeBrowser();
	await directus.stop();
	await emulator.stop();
	await redis.stop();
});

describe('a page that is still loading', () => {
	it('announces loading to screen readers, and then shows the figures', async () => {
		const held = Promise.withResolvers<null>();
		await studio.page.route(
			(url) => url.pathname === '/ai-cache/stats',
			(route) => held.promise.then(() => route.continue()),
		);
		await studio.page.goto('/admin/ai-cache/collections');
		await studio.page.getByRole('status', { name: 'Loading' }).waitFor();
		held.resolve(null);
		await studio.page.locator('[data-collection="articles"]').waitFor();
		expect(await studio.page.getByRole('status', { name: 'Loading' }).count()).toBe(0);
		await studio.page.unrouteAll();
	});
});

describe('the period of the overview', () => {
	it.each([
		['1h', 'Last Hour'],
		['24h', 'Last 24 Hours'],
		['7d', 'Last 7 Days'],
		['30d', 'Last 30 Days'],
	] as const)('%s is chosen by its name, and changes what is shown', async (period, name) => {
		await studio.open('/ai-cache');
		await studio.page.locator('.period button, .period .inline-display').first().click();
		await studio.page.locator('.v-menu-content').getByText(name, { exact: true }).click();
		const query = new URLSearchParams({ ...buildPeriodQuery(period, Date.now()) });
		const { overall } = await directus.data<StatsReport>('GET', `/ai-cache/stats?${query}`);
		await expect
			.poll(() => seen(studio.page, '.metrics'))
			.toContain(`${written.percent(overall.hit_rate)} ${written.count(overall.lookups)} lookups`);
	});

	it('is compared with the previous period', async () => {
		await studio.open('/ai-cache?period=24h');
		const now = Date.now();
		const statsAt = (at: number) =>
			directus.data<StatsReport>('GET', `/ai-cache/stats?${new URLSearchParams({ ...buildPeriodQuery('24h', at) })}`);
		const [{ overall }, { overall: before }] = [await statsAt(now), await statsAt(now - 86_400_000)];
		const points = 100 * (overall.hit_rate - before.hit_rate);
		expect(points).toBeGreaterThan(1);
		// The period moves on between the page's request and this one.
		await expect
			.poll(async () => Number(/\+([\d.]+) points/.exec(await seen(studio.page, '.metrics'))?.[1]))
			.toBeCloseTo(points, 0);
	});
});

describe('a model with a changed snapshot', () => {
	it('shows an alert whose button invalidates the model', async () => {
		emulator.setSnapshot('gpt-4o', 'gpt-4o-2031-05-13');
		await ask(directus, { item: 4 });
		await studio.open('/ai-cache');
		const notice = studio.page.locator('.v-notice', { hasText: 'gpt-4o-2031-05-13' });
		await notice.waitFor();
		expect(await notice.innerText()).toContain('Cached answers from the previous snapshot');
		await notice.getByRole('button', { name: 'Invalidate gpt-4o', exact: true }).click();
		await studio.page.getByRole('button', { name: /^Invalidate \d+ Entr(y|ies)$/ }).click();
		await notice.waitFor({ state: 'detached' });
		expect((await directus.data<EntryPage>('GET', '/ai-cache/entries?model=gpt-4o')).total).toBe(0);
	});
});

describe('the entries beyond the first page', () => {
	it('are fetched from the server by the page buttons', async () => {
		for (let number = 1; number <= 30; number++) await ask(directus, { prompt: `Say ${number}.` });
		const { total } = await directus.data<EntryPage>('GET', '/ai-cache/entries');
		await studio.open('/ai-cache/entries');
		const rows = studio.page.locator('.v-table tbody tr.table-row');
		await studio.page.getByText(`1–25 of ${total}`).waitFor();
		await studio.page.getByRole('button', { name: 'Next Page' }).click();
		await studio.page.getByText(`26–${total} of ${total}`).waitFor();
		await expect.poll(() => rows.count()).toBe(total - 25);
		await studio.page.getByRole('button', { name: 'Previous Page' }).click();
		await studio.page.getByText(`1–25 of ${total}`).waitFor();
	});
});

describe('a warming run', () => {
	it('shows its progress, spending and remaining time, and stops by its button', async () => {
		await directus.data('POST', '/ai-cache/invalidate', { all: true });
		emulator.setDelay(1500);
		await studio.open('/ai-cache/warming');
		await studio.page.getByRole('button', { name: /^Warm \d+ Answers$/ }).click();
		const job = studio.page.locator('.job[data-state="running"]');
		await expect
			.poll(() => job.innerText().catch(() => ''), { timeout: 30_000 })
			.toMatch(/[1-9]\d* of \d+[^]*spent[^]*left/);
		expect(Number(await job.getByRole('progressbar').getAttribute('aria-valuenow'))).toBeGreaterThan(0);
		await job.getByRole('button', { name: 'Stop' }).click();
		await studio.page.locator('.job[data-state="aborted"]').waitFor();
		const calls = emulator.calls();
		emulator.setDelay(0);
		await ask(directus, { prompt: 'Asked after it was stopped.' });
		expect(emulator.calls()).toBe(calls + 1);
	});

	it('logs no error in the page', () => {
		expect(studio.errors).toEqual([]);
	});
});
