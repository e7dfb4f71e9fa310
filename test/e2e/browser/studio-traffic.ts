import type { Page } from 'playwright-core';

import type { GenerationAnswer, Provider, StatsReport } from '../../../src/contract.ts';
import type { Api } from '../support/api.ts';

export interface Ask {
	provider?: Provider;
	model?: string;
	item?: number;
	prompt?: string;
	tags?: string[];
}

/** One generation about an article of the sample content, as a caller asks for it. */
export function ask(directus: Api, { provider = 'openai', model = 'gpt-4o', item, prompt, tags }: Ask = {}) {
	return directus.data<GenerationAnswer>('POST', '/ai-cache/generate', {
		provider,
		model,
		prompt: prompt ?? 'Summarise {{title}}: {{body}}',
		params: { max_tokens: 64 },
		...(prompt === undefined && { collection: 'articles', item: item ?? 1 }),
		...(tags && { tags }),
	});
}

/** Hits and misses of two providers, three models and two items. */
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

/** What a reader of the page sees, without the differences between kinds of spaces. */
export async function seen(page: Page, selector: string): Promise<string> {
	const text = await page.locator(selector).first().innerText();
	return text.replace(/\s+/g, ' ').trim();
}

/** The same figures as the Studio should write them, by the platform's own formatting. */
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
