import type { Provider } from '../../../src/shared/api-types.ts';
import type { StatsDelta, Store } from '../../../src/cache/store.ts';
import type { Studio } from '../../e2e/support/browser.ts';
import type { Directus } from '../../e2e/support/directus.ts';

const HOUR_MS = 3_600_000;
const PROVIDERS: Provider[] = ['openai', 'anthropic', 'mistral', 'deepseek'];
const COLLECTIONS = ['articles', 'authors', 'tags', ''];

/** Counts so many models' traffic of each hour of the last days. */
export async function fillStats(store: Store, days: number, models: number): Promise<void> {
	const now = Date.now();
	for (let ago = days * 24 - 1; ago >= 0; ago--) {
		const deltas = Array.from({ length: models }, (_, index): StatsDelta => {
			const hits = 20 + ((index * 7 + ago * 3) % 40);
			return {
				provider: PROVIDERS[index % PROVIDERS.length]!,
				model: `model-${index}`,
				collection: COLLECTIONS[index % COLLECTIONS.length]!,
				deltas: {
					hits,
					misses: 10,
					stale: 1,
					stored: 10,
					stored_bytes: 20_000,
					saved_usd: hits * 0.004,
					saved_tokens: hits * 420,
					saved_ms: hits * 900,
					spent_usd: 0.04,
					spent_tokens: 4200,
					spent_ms: 9000,
				},
			};
		});
		await store.addStats(now - ago * HOUR_MS, deltas);
	}
}

/** A dashboard as editors have them: figures, lists and a series over the sample content. */
export async function createDashboard(directus: Directus): Promise<string> {
	const { id } = await directus.data<{ id: string }>('POST', '/dashboards', { name: 'Editorial', icon: 'dashboard' });
	const figure = (index: number) => ({
		type: 'metric',
		name: `Figure ${index}`,
		options: { collection: 'articles', field: 'id', function: 'count' },
		width: 12,
		height: 8,
		position_x: 1 + 12 * index,
		position_y: 1,
	});
	const list = (collection: string, index: number) => ({
		type: 'list',
		name: collection,
		options: { collection, limit: 5, sortDirection: 'desc', displayTemplate: '{{id}}' },
		width: 18,
		height: 12,
		position_x: 1 + 18 * index,
		position_y: 10,
	});
	const panels = [...[0, 1, 2, 3].map(figure), list('articles', 0), list('authors', 1)];
	await directus.data(
		'POST',
		'/panels',
		panels.map((panel) => ({ dashboard: id, show_header: true, icon: 'insights', color: null, note: '', ...panel })),
	);
	return id;
}

/** Milliseconds from asking for the page until all that the selectors name is seen. The browser's own cache is warm. */
export async function paint({ page }: Studio, location: string, selectors: readonly string[]): Promise<number> {
	await page.goto('about:blank');
	const started = performance.now();
	await page.goto(`/admin${location}`, { waitUntil: 'commit' });
	for (const selector of selectors) await page.locator(selector).first().waitFor();
	return performance.now() - started;
}

export function median(values: readonly number[]): number {
	return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
