import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { closeBrowser, enableModule, openStudio, type StudioOptions } from '../support/browser.ts';
import { type Directus, startDirectus } from '../support/directus.ts';
import { PROJECT } from '../support/paths.ts';
import { countSampleHistory } from './sample-history.ts';
import { ask } from './studio-traffic.ts';

const FOLDER = path.join(PROJECT, 'docs/images');
const SENTENCES = [
	'The harbour opens in **May**, two weeks earlier than planned, with new moorings for forty boats.',
	'Prune roses in late winter, cut above an outward bud, and leave three to five strong canes.',
	'The archive holds letters of three generations; most were written between two long voyages.',
];

interface Picture {
	name: string;
	location: string;
	options?: StudioOptions;
	/** Waits or clicks before the picture is taken. */
	click?: string;
	until: string;
}

const PICTURES: Picture[] = [
	{ name: 'overview', location: '', click: '[data-provider="openai"] .toggle', until: '[data-model]' },
	{ name: 'overview-dark', location: '', options: { appearance: 'dark' }, until: '.metrics' },
	{ name: 'overview-german', location: '', options: { language: 'de-DE' }, until: '.metrics' },
	{ name: 'overview-right-to-left', location: '', options: { language: 'ar-SA' }, until: '.metrics' },
	{ name: 'overview-400', location: '', options: { width: 400, language: 'en-US' }, until: '.metrics' },
	{
		name: 'invalidate',
		location: '',
		options: { language: 'en-US' },
		click: '[data-provider="openai"] .button-cell button',
		until: '.ai-cache-invalidate .entries',
	},
	{ name: 'collections', location: '/collections', until: '[data-collection]' },
	{ name: 'entries', location: '/entries', until: '.v-table .preview' },
	{ name: 'entry', location: '/entries', click: '.v-table .preview', until: '.v-drawer .ttl' },
	{ name: 'entries-400', location: '/entries', options: { width: 400 }, until: '.v-table .preview' },
	{ name: 'journal', location: '/journal', until: '.v-table time' },
	{ name: 'warming', location: '/warming', until: '.start' },
	{ name: 'settings', location: '/settings', until: '.ai-cache-plain-table' },
];

/** Retakes the pictures in `docs/images`: `npm run images`. */
describe('pictures of the documentation', () => {
	let emulator: ProviderEmulator;
	let directus: Directus;
	let redis: TestRedis;

	beforeAll(async () => {
		await mkdir(FOLDER, { recursive: true });
		emulator = await startProviderEmulator({ text: (_prompt, _provider, call) => SENTENCES[call % 3] ?? '' });
		emulator.setUsage({ input_tokens: 1840, output_tokens: 220 });
		emulator.setDelay(400);
		redis = await startRedis();
		await countSampleHistory(redis.url);
		directus = await startDirectus({ env: { ...emulator.environment(), AI_CACHE_REDIS: redis.url } });
		await enableModule(directus);
		await makeBusyDay(directus);
	});
	afterAll(async () => {
		await closeBrowser();
		await directus.stop();
		await emulator.stop();
		await redis.stop();
	});

	for (const { name, location, options, click, until } of PICTURES)
		it(name, async () => {
			const studio = await openStudio(directus, { width: 1440, height: 900, appearance: 'light', ...options });
			await studio.page.addInitScript((narrow) => {
				localStorage.setItem('sidebar-collapsed', 'true');
				localStorage.setItem('nav-bar-collapsed', String(narrow));
			}, options?.width === 400);
			await studio.open(`/ai-cache${location}`);
			if (click) await studio.page.locator(click).first().click();
			await studio.page.locator(until).first().waitFor();
			await studio.page.waitForTimeout(1_500);
			await studio.page.screenshot({ path: path.join(FOLDER, `${name}.png`) });
			await studio.close();
		});
});

async function makeBusyDay(directus: Directus): Promise<void> {
	const models = [
		['openai', 'gpt-4o'],
		['openai', 'gpt-4o-mini'],
		['anthropic', 'claude-sonnet-4-5'],
		['mistral', 'mistral-small-latest'],
	] as const;
	for (let round = 0; round < 5; round++)
		for (const [index, [provider, model]] of models.entries())
			for (let item = 1; item <= 6 - index; item++) await ask(directus, { provider, model, item });
	await directus.data('PATCH', '/items/articles/2', { title: 'Changed' });
	await directus.data('POST', '/ai-cache/invalidate', { provider: 'openai', model: 'gpt-4o-mini' });
	for (let item = 1; item <= 3; item++) await ask(directus, { model: 'gpt-4o-mini', item });
}
