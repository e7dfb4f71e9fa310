import type { Page } from 'playwright-core';

import type { GenerationAnswer, Provider, StatsReport } from '../../../src/shared/api-types.ts';
import type { Api } from '../support/api.ts';

export interface Ask {
	provider?: Provider;
	model?: string;
	item?: number;
	prompt?: string;
	tags?: string[];
}

/** Sends one generation request about an article of the sample content. */
export function ask(directus: Api, { provider = 'openai', model = 'gpt-4o', item, prompt, tags }: Ask = {}) {
	return directus.data<GenerationAnswer>('POST', '/ai-cache/generate', {
		provider,
		model,
		prompt: prompt ?? 'Summarize {{title}}: {{body}}',
		params: { max_tokens: 64 },
		...(prompt === undefined && { collection: 'articles', item: item ?? 1 }),
		...(tags && { tags }),
	});
}

/** Creates hits and misses for two providers, three models and several items. */
export async function makeTraffic(directus: Api): Promise<void> {
	for (const item of [1, 2, 3]) await ask(directus, { item });
	for (const item of [1, 1, 2]) await ask(directus, { item });
	await ask(directus, { model: 'gpt-4o-mini', item: 1, tags: ['teaser'] });
	await ask(directus, { provider: 'anthropic', model: 'claude-sonnet-4-5', item: 1 });
	await ask(directus, { provider: 'anthropic', model: 'claude-sonnet-4-5', item: 1 });
	await ask(directus, { prompt: 'Say something that depends on no content.' });
}

export function statsOf(directus: Api): Promise<StatsReport> {
	return directus.data<StatsReport>('GET', '/ai-cache/stats');
}

/** Returns the visible text with normalized spaces. */
export async function seen(page: Page, selector: string): Promise<string> {
	const text = await page.locator(selector).first().innerText();
	return text.replace(/\s+/g, ' ').trim();
}

/**
 * Moves the pointer to ten positions along the chart's time axis. Returns the tooltip text at each position, and every
 * number that is truncated or outside the chart.
 */
export async function readTooltips(page: Page, frame: string): Promise<{ texts: string[]; faults: string[] }> {
	await page.locator(frame).first().scrollIntoViewIfNeeded();
	const { x, y, width, height } = (await page.locator(frame).first().boundingBox())!;
	const texts: string[] = [];
	const faults: string[] = [];
	for (let place = 0; place < 10; place++) {
		await page.mouse.move(x + AXIS + (width - AXIS) * ((place + 0.5) / 10), y + height / 3);
		const tooltip = page.locator(`${frame} .chart-tooltip`).first();
		await tooltip.waitFor();
		texts.push((await tooltip.innerText()).replace(/\s+/g, ' '));
		faults.push(...(await tooltip.evaluate(findFaults, { place, left: x, right: x + width })));
	}
	return { texts, faults };
}

/** Wider than the axis labels. */
const AXIS = 60;

function findFaults(tooltip: Element, chart: { place: number; left: number; right: number }): string[] {
	const box = tooltip.getBoundingClientRect();
	const outside = box.left < chart.left - 1 || box.right > chart.right + 1;
	const cut = [...tooltip.querySelectorAll('strong, dt, dd')].filter((element) => {
		const range = document.createRange();
		range.selectNodeContents(element);
		const needed = range.getBoundingClientRect().width;
		return needed === 0 || element.getBoundingClientRect().width < needed - 0.5;
	});
	return [...(outside ? ['outside'] : []), ...cut.map((element) => `${element.textContent} is cut`)].map(
		(fault) => `${chart.place}: ${fault}`,
	);
}

/** The figures in the Studio's format, written by the platform's own formatter. */
export const written = {
	percent: (share: number) =>
		new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 }).format(share),
	count: (value: number) => new Intl.NumberFormat('en-US').format(value),
	/** From 1 to 1,024 of them. */
	kilobytes: (bytes: number) => {
		const options = { style: 'unit', unit: 'kilobyte', unitDisplay: 'short', maximumFractionDigits: 1 } as const;
		return new Intl.NumberFormat('en-US', options).format(bytes / 1024);
	},
	money: (usd: number) => {
		const digits = usd > 0 && usd < 0.01 ? { maximumSignificantDigits: 2 } : {};
		return new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', ...digits }).format(usd);
	},
};
