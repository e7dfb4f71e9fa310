import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { ask, makeTraffic, readTooltips, seen, statsOf, written } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let directus: Directus;
let studio: Studio;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	const { AI_CACHE_DEEPSEEK_API_KEY: _, ...env } = emulator.environment();
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
});

const row = (provider: string) => `[data-provider="${provider}"] tr:first-child`;
const dialog = '.ai-cache-invalidate';

describe('overview', () => {
	it('shows the figures of GET /stats', async () => {
		await studio.open('/ai-cache');
		const { overall, providers } = await statsOf(directus);
		const metrics = await seen(studio.page, '.metrics');

		expect(overall.hits).toBeGreaterThan(0);
		expect(metrics).toContain(written.percent(overall.hit_rate));
		expect(metrics).toContain(`${written.count(overall.lookups)} lookups`);
		expect(metrics).toContain(`Money Saved ${written.money(overall.saved.usd)}`);
		expect(metrics).toContain(`Tokens Saved ${written.count(overall.saved.tokens)}`);
		expect(metrics).toContain(
			`Entries ${written.count(overall.entries)} ${written.count(overall.stored)} stored in this period`,
		);
		expect(metrics).toContain(`${written.kilobytes(overall.stored_bytes)} stored in this period`);

		for (const name of ['openai', 'anthropic'] as const) {
			const text = await seen(studio.page, row(name));
			expect(text).toContain(written.percent(providers[name].hit_rate));
			expect(text).toContain(written.count(providers[name].lookups));
			expect(text).toContain(written.money(providers[name].saved.usd));
		}
	});

	it('marks unused providers, and names the setting of a missing key', async () => {
		expect(await seen(studio.page, row('mistral'))).toContain('Not used yet');
		expect(await seen(studio.page, row('deepseek'))).toContain('set AI_CACHE_DEEPSEEK_API_KEY');
	});

	it('expands a provider’s models by keyboard', async () => {
		const { providers } = await statsOf(directus);
		await studio.page.locator(`${row('openai')} .toggle`).press('Enter');
		const models = studio.page.locator('[data-provider="openai"] [data-model]');
		await models.first().waitFor();
		expect(await models.evaluateAll((rows) => rows.map((each) => each.getAttribute('data-model')))).toEqual(
			expect.arrayContaining(Object.keys(providers.openai.models)),
		);
	});

	it('shows the figures of the bar at the pointer', async () => {
		await studio.page.locator('.activity .target').last().hover();
		const tooltip = studio.page.locator('.activity .chart-tooltip');
		await tooltip.waitFor();
		// Directus' own styles hide elements with the class `tooltip`.
		expect(await tooltip.evaluate((element) => getComputedStyle(element).opacity)).toBe('1');
		const { overall } = await statsOf(directus);
		expect(await seen(studio.page, '.activity .chart-tooltip')).toContain(`Hits ${overall.hits}`);
	});

	it('shows complete tooltips with the day along the whole axis', async () => {
		for (const width of [1440, 400]) {
			await studio.page.setViewportSize({ width, height: 900 });
			for (const period of ['24h', '30d']) {
				await studio.open(`/ai-cache?period=${period}`);
				await studio.page.locator('.activity .target').first().waitFor({ state: 'attached' });
				const { texts, faults } = await readTooltips(studio.page, '.activity .plot');
				expect([width, period, faults]).toEqual([width, period, []]);
				for (const text of texts) expect(text).toMatch(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [A-Z][a-z]{2} \d+/);
			}
		}
		await studio.page.setViewportSize({ width: 1440, height: 900 });
		await studio.open('/ai-cache');
	});

	it('provides the chart’s figures as a table for screen readers', async () => {
		const cells = await studio.page.locator('.activity table tbody td:nth-child(2)').allInnerTexts();
		const { overall } = await statsOf(directus);
		expect(cells.reduce((sum, cell) => sum + Number(cell.replace(/\D/g, '')), 0)).toBe(overall.hits);
	});

	it('refreshes itself while visible', async () => {
		await studio.open('/ai-cache?period=1h');
		await ask(directus, { item: 2 });
		const { overall } = await statsOf(directus);
		await studio.page.getByText(`${written.count(overall.lookups)} lookups`).waitFor({ timeout: 60_000 });
	});

	it('sends no requests while hidden, and one as soon as it is visible again', async () => {
		await studio.open('/ai-cache?period=1h');
		let asked = 0;
		studio.page.on('request', (request) => (asked += Number(request.url().includes('/ai-cache/stats'))));
		const show = (hidden: boolean) =>
			studio.page.evaluate((value) => {
				Object.defineProperty(document, 'hidden', { value, configurable: true });
				document.dispatchEvent(new Event('visibilitychange'));
			}, hidden);

		await show(true);
		await studio.page.waitForTimeout(7_000);
		expect(asked).toBe(0);
		await show(false);
		await studio.page.waitForTimeout(1_000);
		expect(asked).toBe(1);
	});
});

describe('incomplete figures', () => {
	const request = { provider: 'mistral', model: 'house-model', prompt: 'Hello' };

	it('show a dash and the reason for a model without a price', async () => {
		for (let round = 0; round < 2; round++) await directus.data('POST', '/ai-cache/generate', request);
		await studio.open('/ai-cache');
		expect(await seen(studio.page, `${row('mistral')} .saved`)).toBe('–');
		expect(await seen(studio.page, row('mistral'))).toContain('Price unknown');
		expect(await seen(studio.page, `${row('deepseek')} .saved`)).toBe('$0.00');
	});

	it('list requests that are neither a hit nor a miss', async () => {
		await directus.data('POST', '/ai-cache/generate', { ...request, cache: { mode: 'no-store' } });
		emulator.setUsage({ input_tokens: 0, output_tokens: 0 });
		const unmeasured = { ...request, prompt: 'No tokens, please' };
		for (let round = 0; round < 2; round++) await directus.data('POST', '/ai-cache/generate', unmeasured);
		emulator.setUsage(null);
		await studio.open('/ai-cache');
		for (const place of ['.notes', row('mistral')])
			expect(await seen(studio.page, place)).toContain('1 request bypassed the cache · 1 hit without token usage');
	});
});

describe('invalidate buttons', () => {
	it('show the number of entries first, and invalidate nothing on cancel', async () => {
		await studio.open('/ai-cache');
		const { providers } = await statsOf(directus);
		await studio.page.locator(`${row('anthropic')} button:has-text("Invalidate")`).click();
		await studio.page.locator(`${dialog} .entries`).waitFor();
		expect(await seen(studio.page, dialog)).toContain('Invalidate Anthropic?');
		expect(await seen(studio.page, `${dialog} .entries`)).toBe('1 entry will be invalidated.');
		await studio.page.keyboard.press('Escape');
		await studio.page.locator(dialog).waitFor({ state: 'detached' });
		expect((await statsOf(directus)).providers.anthropic.entries).toBe(providers.anthropic.entries);
	});

	it('invalidate one model by keyboard, and leave the others', async () => {
		await studio.page.locator(`${row('openai')} .toggle`).press('Enter');
		await studio.page.locator('[data-model="gpt-4o-mini"] button:has-text("Invalidate")').press('Enter');
		await studio.page.locator(`${dialog} .entries`).waitFor();
		await studio.page.getByRole('button', { name: 'Invalidate 1 Entry' }).press('Enter');
		await studio.page.getByText('1 entry invalidated').waitFor();
		const { providers } = await statsOf(directus);
		expect(providers.openai.models['gpt-4o-mini']?.entries).toBe(0);
		expect(providers.openai.models['gpt-4o']?.entries).toBeGreaterThan(0);
	});

	it('invalidate everything only after the confirmation word', async () => {
		await studio.page.getByRole('button', { name: 'Invalidate Everything' }).click();
		await studio.page.locator(`${dialog} input`).waitFor();
		const confirm = studio.page.locator(`${dialog} .danger`).last();
		expect(await confirm.isDisabled()).toBe(true);
		await studio.page.locator(`${dialog} input`).fill('everything');
		await confirm.click();
		await studio.page.getByText(/entries invalidated/).waitFor();
		expect((await statsOf(directus)).overall.entries).toBe(0);
	});

	it('log no error in the page', () => {
		expect(studio.errors).toEqual([]);
	});
});
