import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EntryPage } from '../../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { closeBrowser, enableModule, openStudio, type StudioOptions } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { makeTraffic, seen } from './studio-traffic.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['', '/collections', '/entries', '/journal', '/warming', '/settings'];

let emulator: ProviderEmulator;
let directus: Directus;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	directus = await startDirectus({ env: emulator.environment() });
	await enableModule(directus);
	await makeTraffic(directus);
	await directus.data('PATCH', '/items/articles/2', { title: 'Changed' });
});
afterAll(async () => {
	await closeBrowser();
	await directus.stop();
	await emulator.stop();
});

/** Opens the Studio once and visits its pages through the navigation, as a user does. */
async function walk(options: StudioOptions, work: (page: Page, location: string) => Promise<void>) {
	const studio = await openStudio(directus, { width: 1280, ...options });
	studio.page.setDefaultTimeout(45_000);
	await studio.open('/ai-cache');
	for (const location of PAGES) {
		await studio.page.setViewportSize({ width: 1280, height: 900 });
		await studio.page.locator(`.v-list a[href$="/ai-cache${location}"]`).first().click();
		await studio.page.waitForURL(`**/ai-cache${location}`);
		await studio.page.locator('.ai-cache-page :is(table, .metrics)').first().waitFor();
		await work(studio.page, location);
	}
	expect(studio.errors).toEqual([]);
	await studio.close();
}

/** Violations of Directus' own components: the table's checkboxes and sort buttons, and the colors of buttons. */
const OF_DIRECTUS: [rule: RegExp, html: RegExp][] = [
	[/^(aria-allowed-attr|aria-required-attr|button-name)$/, /class="v-checkbox"/],
	[/^label-content-name-mismatch$/, /class="header-btn"/],
	[/^color-contrast$/, /^<span[^>]* class="content">/],
];

/** Returns the serious violations that axe finds in the module's part of the page, without Directus' own frame. */
async function seriousFindings(page: Page, inside: string): Promise<string[]> {
	await page.evaluate(AXE);
	const { violations } = await page.evaluate(
		(selector) =>
			(globalThis as unknown as { axe: { run(context: unknown): Promise<AxeResults> } }).axe.run({
				include: [[selector]],
			}),
		inside,
	);
	return violations
		.filter(({ impact }) => impact === 'serious' || impact === 'critical')
		.flatMap(({ id, nodes }) => nodes.map((node) => ({ id, html: node.html, why: node.any[0]?.message ?? '' })))
		.filter(({ id, html }) => !OF_DIRECTUS.some(([rule, of]) => rule.test(id) && of.test(html)))
		.map(({ id, html, why }) => `${id}: ${html.slice(0, 160)} ${why}`);
}

describe('axe', () => {
	for (const appearance of ['light', 'dark'] as const)
		it(`finds nothing serious on any page in ${appearance}`, async () => {
			const found: Record<string, string[]> = {};
			await walk({ appearance }, async (page, location) => {
				const findings = await seriousFindings(page, '.ai-cache-page');
				if (findings.length > 0) found[location] = findings;
			});
			expect(found).toEqual({});
		});

	it('finds nothing serious in the dialog and the drawer', async () => {
		const studio = await openStudio(directus, { width: 1280 });
		await studio.open('/ai-cache');
		await studio.page.locator('[data-provider="openai"] .button-cell button').first().click();
		await studio.page.locator('.ai-cache-invalidate .entries').waitFor();
		expect(await seriousFindings(studio.page, '.ai-cache-invalidate')).toEqual([]);

		await studio.open('/ai-cache/entries');
		await studio.page.locator('.v-table .preview').first().click();
		await studio.page.locator('.v-drawer .ttl').waitFor();
		expect(await seriousFindings(studio.page, '.v-drawer .drawer')).toEqual([]);
		await studio.close();
	});
});

/**
 * Counts the sizes of the cards, the lines that are not aligned with the next card, and the truncated lines.
 */
function shapes(page: Page): Promise<{ sizes: number; uneven: number; cut: number }> {
	return page.evaluate(() => {
		const cards = [...document.querySelectorAll('.metrics .metric')].map((card) => ({
			box: card.getBoundingClientRect(),
			lines: [...card.children].map((line) => line.getBoundingClientRect().top),
			cut: card.scrollWidth > card.clientWidth,
		}));
		const beside = cards.slice(1).map((card, index) => [cards[index]!, card] as const);
		const uneven = beside
			.filter(([one, other]) => Math.abs(one.box.top - other.box.top) < 1)
			.filter(([one, other]) => one.lines.some((top, line) => Math.abs(top - (other.lines[line] ?? top)) > 1));
		return {
			sizes: new Set(cards.map(({ box }) => `${Math.round(box.width)}`)).size,
			uneven: uneven.length,
			cut: cards.filter(({ cut }) => cut).length,
		};
	});
}

describe('Studio pages', () => {
	it('fit 400 pixels without horizontal scrolling', async () => {
		await walk({}, async (page, location) => {
			await page.setViewportSize({ width: 400, height: 800 });
			const overflow = await page.evaluate(() => {
				const content = document.querySelector('.ai-cache-page');
				return content === null ? -1 : content.scrollWidth - content.clientWidth;
			});
			expect([location, overflow]).toEqual([location, 0]);
		});
	});

	it('align the cards of the overview at every width and in every language', async () => {
		for (const language of ['de-DE', 'en-US']) {
			const studio = await openStudio(directus, { language });
			await studio.open('/ai-cache');
			for (const width of [1440, 1024, 400]) {
				await studio.page.setViewportSize({ width, height: 900 });
				// The frame of the Studio takes a moment to shrink.
				await expect
					.poll(async () => [language, width, await shapes(studio.page)], { timeout: 10_000 })
					.toEqual([language, width, { sizes: 1, uneven: 0, cut: 0 }]);
			}
			await studio.close();
		}
	});

	it('use German texts and figures for a German user', async () => {
		const studio = await openStudio(directus, { language: 'de-DE' });
		await studio.open('/ai-cache');
		expect(await seen(studio.page, '.metrics')).toMatch(/Trefferquote \d+(,\d)? %/);
		expect(await seen(studio.page, '[data-provider="openai"]')).toContain('Invalidieren');
		const { entries } = await directus.data<EntryPage>('GET', '/ai-cache/entries?limit=2');
		await directus.data('DELETE', '/ai-cache/entries', { keys: entries.map(({ key }) => key) });
		await studio.open('/ai-cache/journal');
		await studio.page.getByText('2 einzeln ausgewählte Einträge').waitFor();
		await studio.close();
	});

	it('mirror the layout in a right-to-left language', async () => {
		const studio = await openStudio(directus, { language: 'ar-SA' });
		await studio.open('/ai-cache');
		const [name, button] = await Promise.all([
			studio.page.locator('[data-provider="openai"] .name').boundingBox(),
			studio.page.locator('[data-provider="openai"] .button-cell').boundingBox(),
		]);
		expect(name?.x).toBeGreaterThan(button?.x ?? Infinity);
		await directus.data('PATCH', '/users/me', { language: 'en-US' });
		await studio.close();
	});
});
