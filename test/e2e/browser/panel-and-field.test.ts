import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EntryPage } from '../../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { createAccount } from '../support/access.ts';
import { closeBrowser, openStudio, type Studio } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { ask, makeTraffic, readTooltips, seen, statsOf, written } from './studio-traffic.ts';

let emulator: ProviderEmulator;
let directus: Directus;
let studio: Studio;

beforeAll(async () => {
	emulator = await startProviderEmulator({ text: (_prompt, _provider, call) => `Answer number ${call}` });
	directus = await startDirectus({ env: emulator.environment() });
	await directus.data('POST', '/fields/articles', {
		field: 'ai_answers',
		type: 'alias',
		meta: { interface: 'ai-cache-item', special: ['alias', 'no-data'] },
	});
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

const panel = {
	type: 'ai-cache-savings',
	name: 'AI',
	show_header: true,
	position_x: 1,
	position_y: 1,
	width: 24,
	height: 14,
};

describe('the Insights panel', () => {
	it('shows its name and options in the user’s language', async () => {
		const { id } = await directus.data<{ id: string }>('POST', '/dashboards', { name: 'German' });
		const german = await openStudio(directus, { width: 1440, language: 'de-DE' });
		await german.open(`/insights/${id}/+`);
		await german.page.getByText('Ersparnis des KI-Caches').first().click();
		for (const name of ['Kennzahl', 'Zeitraum', 'Nach Anbieter']) await german.page.getByText(name).first().waitFor();
		await german.close();
		await directus.data('PATCH', '/users/me', { language: 'en-US' });
	});

	it('shows the total hit rate, and one line per used provider', async () => {
		const dashboard = await directus.data<{ id: string }>('POST', '/dashboards', {
			name: 'Editors',
			panels: [{ ...panel, options: { measure: 'hit_rate', period: '24h', byProvider: true } }],
		});
		await studio.open(`/insights/${dashboard.id}`);
		await studio.page.locator('.ai-cache-panel path.line').first().waitFor({ state: 'attached' });
		const { overall } = await statsOf(directus);
		expect(await seen(studio.page, '.ai-cache-panel .summary')).toContain(written.percent(overall.hit_rate));
		expect(await studio.page.locator('.ai-cache-panel .legend li').allInnerTexts()).toEqual(['OpenAI', 'Anthropic']);
		expect(await studio.page.locator('.ai-cache-panel path.line').count()).toBe(2);

		const { x, y, width, height } = (await studio.page.locator('.ai-cache-panel .frame').boundingBox())!;
		await studio.page.mouse.move(x + width - 4, y + height / 2);
		const tooltip = studio.page.locator('.ai-cache-panel .chart-tooltip');
		await tooltip.waitFor();
		expect(await tooltip.evaluate((element) => getComputedStyle(element).opacity)).toBe('1');
		expect(await seen(studio.page, '.ai-cache-panel .chart-tooltip')).toMatch(/OpenAI \d.*Anthropic \d/);

		const { texts, faults } = await readTooltips(studio.page, '.ai-cache-panel .frame');
		expect(faults).toEqual([]);
		for (const text of texts) expect(text).toMatch(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [A-Z][a-z]{2} \d+/);
	});
});

describe('AI Answers field on an item’s page', () => {
	const answers = '.ai-cache-item .answer';
	const entriesOf = (item: number) =>
		directus.data<EntryPage>('GET', `/ai-cache/entries?collection=articles&item=${item}`);

	it('lists the answers based on the item', async () => {
		await studio.open('/content/articles/1');
		await studio.page.locator(answers).first().waitFor();
		expect(await studio.page.locator(answers).count()).toBe((await entriesOf(1)).total);
	});

	it('fits a phone, including its buttons', async () => {
		await studio.page.setViewportSize({ width: 400, height: 800 });
		const buttons = studio.page.locator('.ai-cache-item button');
		const ends = await buttons.evaluateAll((all) => all.map((each) => each.getBoundingClientRect().right));
		expect(ends.length).toBeGreaterThan(2);
		expect(Math.max(...ends)).toBeLessThanOrEqual(400);
		await studio.page.setViewportSize({ width: 1440, height: 900 });
	});

	it('regenerates an answer past the cache with the same request', async () => {
		const { entries } = await entriesOf(1);
		const calls = emulator.calls();
		const first = await studio.page.locator(`${answers} .preview`).first().innerText();
		await studio.page.locator(answers).first().getByRole('button', { name: 'Regenerate' }).click();
		await studio.page.getByText('Answer regenerated').waitFor();
		expect(emulator.calls()).toBe(calls + 1);
		expect((await entriesOf(1)).total).toBe(entries.length);
		expect(await studio.page.locator(`${answers} .preview`).first().innerText()).not.toBe(first);
	});

	it('invalidates all answers of the item, and no others', async () => {
		await ask(directus, { item: 2 });
		await studio.page.getByRole('button', { name: 'Invalidate All' }).click();
		await studio.page.getByRole('button', { name: /^Invalidate \d+ Entr/ }).click();
		await studio.page.getByText('No cached answer is based on this item').waitFor();
		expect((await entriesOf(1)).total).toBe(0);
		expect((await entriesOf(2)).total).toBeGreaterThan(0);
	});

	it('asks the user to save a new item first', async () => {
		await studio.open('/content/articles/+');
		await studio.page.getByText('Save the item first').waitFor();
	});

	it('is hidden from users who are not admins, and sends no requests for them', async () => {
		const editor = await createAccount(directus, 'editor', [{ collection: 'articles', action: 'read' }], {
			app_access: true,
		});
		const window = await openStudio(directus, { account: editor });
		const asked: string[] = [];
		window.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await window.open('/content/articles/1');
		await window.page.locator('.v-form .field').first().waitFor();
		expect(await window.page.getByText('AI answers based on this item').count()).toBe(0);
		expect(asked.filter((path) => path.startsWith('/ai-cache'))).toEqual([]);
		expect(window.errors).toEqual([]);
		await window.close();
	});

	it('logs no error in the page', () => {
		expect(studio.errors).toEqual([]);
	});
});

describe('AI Cache module', () => {
	it('is enabled as documented: Settings → Settings, section Modules', async () => {
		const { page } = studio;
		await studio.open('/settings/data-model');
		const settings = page.locator('a[href$="/settings/project"]').first();
		expect(await settings.innerText()).toContain('Settings');
		await settings.click();
		await page.getByText('Modules', { exact: true }).first().waitFor();
		await page.locator('.v-list-item').filter({ hasText: 'AI Cache' }).first().waitFor();
	});
});
