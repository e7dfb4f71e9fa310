import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { ask, makeTraffic, statsOf } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let directus: Directus;
let studio: Studio;
let page: Page;

beforeAll(async () => {
	emulator = await startProviderEmulator();
	directus = await startDirectus({ env: emulator.environment() });
	await enableModule(directus);
	await makeTraffic(directus);
	for (const item of [4, 5]) await ask(directus, { item });
	// Asked twice and then invalidated: a candidate for warming.
	for (let times = 0; times < 2; times++) await ask(directus, { item: 3 });
	await directus.data('PATCH', '/items/articles/3', { title: 'Changed' });
	studio = await openStudio(directus, { width: 1440, height: 1000 });
	page = studio.page;
	page.setDefaultTimeout(45_000);
});
afterAll(async () => {
	await studio.close();
	await closeBrowser();
	await directus.stop();
	await emulator.stop();
});

/** The checkbox of Directus' table, which has no accessible name. */
const CHECKBOX = 'v-checkbox';

interface Stop {
	name: string;
	/** Its first class. */
	kind: string;
	box: { left: number; right: number; top: number; bottom: number };
	inside: boolean;
	/** Whether something shows that it has the focus. */
	shown: boolean;
}

/** Returns the focused element, and whether it is inside the part. */
function focused(part: string): Promise<Stop> {
	return page.evaluate((selector) => {
		const element = document.activeElement ?? document.body;
		let [x, y] = [0, 0];
		for (let around = element.parentElement; around; around = around.parentElement) {
			x += around.scrollLeft;
			y += around.scrollTop;
		}
		const { left, right, top, bottom } = element.getBoundingClientRect();
		const styles = [
			element,
			element.parentElement ?? element,
			element.closest('.v-input, .v-select, label') ?? element,
		];
		return {
			name: (
				element.getAttribute('aria-label') ??
				(element.textContent || element.getAttribute('placeholder') || '')
			).trim(),
			kind: element.classList.item(0) ?? '',
			box: { left: left + x, right: right + x, top: top + y, bottom: bottom + y },
			inside: element.closest(selector) !== null && element !== document.querySelector(selector),
			shown: styles.some((each) => {
				const { outlineStyle, outlineWidth, boxShadow, textDecorationLine } = getComputedStyle(each);
				const outlined = outlineStyle !== 'none' && outlineWidth !== '0px';
				return outlined || boxShadow !== 'none' || textDecorationLine.includes('underline');
			}),
		};
	}, part);
}

const MOST_STOPS = 150;

/** Returns all Tab stops inside the part, until the focus leaves it. */
async function stopsIn(part: string): Promise<Stop[]> {
	await page
		.locator(part)
		.first()
		.evaluate((element: HTMLElement) => {
			element.tabIndex = -1;
			element.focus();
		});
	const stops: Stop[] = [];
	for (let count = 0; count < MOST_STOPS; count++) {
		await page.keyboard.press('Tab');
		const stop = await focused(part);
		if (!stop.inside) return stops;
		stops.push(stop);
	}
	throw new Error(
		`the Tab key does not leave ${part}: ${stops
			.slice(-5)
			.map(({ name }) => name)
			.join(', ')}`,
	);
}

/** Returns the pairs that the Tab key visits out of reading order (line by line, left to right). */
function againstSight(stops: readonly Stop[]): string[] {
	return stops.slice(1).flatMap((stop, index) => {
		const before = stops[index]!;
		const sameLine = stop.box.top < before.box.bottom && before.box.top < stop.box.bottom;
		const forward = sameLine ? stop.box.left >= before.box.left : stop.box.top >= before.box.top;
		return forward ? [] : [`${before.name} → ${stop.name}`];
	});
}

const nameOfFocus = () => page.evaluate(() => (document.activeElement?.textContent ?? '').trim());
const focusIsIn = (selector: string) =>
	expect
		.poll(() => page.evaluate((part) => (document.activeElement?.closest(part) ?? null) !== null, selector))
		.toBe(true);

describe('the Tab key', () => {
	for (const location of ['', '/collections', '/entries', '/journal', '/warming', '/settings'])
		it(`visits /ai-cache${location} in reading order, and leaves it again`, async () => {
			await studio.open(`/ai-cache${location}`);
			await page.locator('.ai-cache-page :is(table, .metrics)').first().waitFor();
			if (location === '') await page.locator('[data-provider="openai"] .toggle').press('Enter');
			const stops = await stopsIn('.ai-cache-page');
			expect(stops.length).toBeGreaterThan(0);
			expect(againstSight(stops)).toEqual([]);
			expect(stops.filter(({ name, kind }) => name === '' && kind !== CHECKBOX).length).toBe(0);
			expect(stops.filter(({ shown }) => !shown).map(({ name }) => name)).toEqual([]);
		});
});

describe('invalidation dialog', () => {
	const dialog = '.ai-cache-invalidate';
	const button = '[data-provider="anthropic"] .button-cell button';

	it('takes the focus, traps it, and returns it on Escape', async () => {
		await studio.open('/ai-cache');
		await page.locator(button).press('Enter');
		await page.locator(`${dialog} .entries`).waitFor();
		await focusIsIn(dialog);
		const names: string[] = [];
		for (let count = 0; count < 3; count++) {
			await page.keyboard.press('Tab');
			names.push(await nameOfFocus());
		}
		expect(names).toEqual(['Cancel', 'Invalidate 1 Entry', 'Cancel']);
		await page.keyboard.press('Escape');
		await page.locator(dialog).waitFor({ state: 'detached' });
		await focusIsIn(button);
	});

	it('requires the confirmation word to invalidate everything, and runs on Enter', async () => {
		const everything = page.getByRole('button', { name: 'Invalidate Everything' });
		await everything.press('Enter');
		await focusIsIn(`${dialog} input`);
		await page.keyboard.type('everything');
		await page.keyboard.press('Enter');
		await page.locator(dialog).waitFor({ state: 'detached' });
		await expect.poll(async () => (await statsOf(directus)).overall.entries).toBe(0);
		await expect.poll(nameOfFocus).toContain('Invalidate Everything');
		await makeTraffic(directus);
		for (const item of [4, 5]) await ask(directus, { item });
	});
});

describe('entries by keyboard', () => {
	const drawer = '.v-drawer';
	const preview = (index: number) => page.locator('.v-table .preview').nth(index);

	it('open and close, and the focus returns to the row', async () => {
		await studio.open('/ai-cache/entries');
		await preview(1).press('Enter');
		await page.locator(`${drawer} .ttl`).waitFor();
		await focusIsIn(drawer);
		for (let count = 0; count < 30; count++) {
			await page.keyboard.press('Tab');
			expect((await focused(drawer)).inside).toBe(true);
		}
		await page.keyboard.press('Escape');
		await page.locator(drawer).waitFor({ state: 'detached' });
		expect(new URL(page.url()).pathname).toMatch(/\/ai-cache\/entries$/);
		await focusIsIn('.v-table tbody tr:nth-child(2) .preview');
	});

	it('ask for confirmation above the drawer, which stays open on Escape', async () => {
		await preview(0).press('Enter');
		const remove = page.locator(`${drawer} .remove button`);
		await remove.press('Enter');
		const dialog = page.getByRole('alertdialog');
		await dialog.waitFor();
		await focusIsIn('[role="alertdialog"]');
		await page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		expect(await page.locator(drawer).count()).toBe(1);
		await focusIsIn(`${drawer} .remove button`);
		await page.keyboard.press('Escape');
		await page.locator(drawer).waitFor({ state: 'detached' });
	});

	it('are selected and deleted, and the focus stays in the list', async () => {
		const before = await page.locator('.v-table .preview').count();
		for (const index of [0, 1]) await page.locator('.v-table tbody [role="checkbox"]').nth(index).press('Space');
		const remove = page.getByRole('button', { name: 'Delete Selected' });
		await remove.press('Enter');
		await focusIsIn('[role="alertdialog"]');
		await page.keyboard.press('Tab');
		expect(await nameOfFocus()).toBe('Cancel');
		await page.keyboard.press('Enter');
		await page.getByRole('alertdialog').waitFor({ state: 'detached' });
		await expect.poll(nameOfFocus).toContain('Delete Selected');
		await page.keyboard.press('Enter');
		await focusIsIn('[role="alertdialog"]');
		await page.keyboard.press('Shift+Tab');
		expect(await nameOfFocus()).toBe('Delete');
		await page.keyboard.press('Enter');
		await page.getByText('2 entries deleted').waitFor();
		await expect.poll(() => page.locator('.v-table .preview').count()).toBe(before - 2);
		await focusIsIn('.ai-cache-page');
	});
});

describe('version of a model', () => {
	it('opens its dialog by keyboard, and the focus returns on Escape', async () => {
		await studio.open('/ai-cache/settings');
		const raise = page.getByRole('button', { name: /Raise Version/ }).first();
		await raise.press('Enter');
		await focusIsIn('[role="alertdialog"]');
		await page.keyboard.press('Escape');
		await page.getByRole('alertdialog').waitFor({ state: 'detached' });
		await expect.poll(nameOfFocus).toContain('Raise Version');
	});

	it('logs no error in the page', () => {
		expect(studio.errors).toEqual([]);
	});
});
