/** How soon the Studio's overview stands beside Directus' own Insights, and how soon the table of many entries. */
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../e2e/support/browser.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { fill } from './support/entries.ts';
import { upTo } from './support/sizes.ts';
import { createDashboard, fillStats, median, paint } from './support/studio.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';

const DAYS = 30;
const MODELS = 50;
const PAINTS = 7;
const SIZES = upTo([1000, 100_000]);
const TURNS = 9;
/** Rows of a page of the table. */
const PAGE = 25;
const NAMESPACE = 'ai-cache';
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };

/** Milliseconds by what is measured. */
type Times = Map<string, number>;

async function redisStore(redis: TestRedis): Promise<RedisStore> {
	const connection = { url: redis.url, connectTimeoutMs: 1000 };
	const store = new RedisStore({ ...limits, connection, namespace: NAMESPACE, firstLevelBytes: 2 ** 20 });
	await store.open();
	// As Directus does: to a process that comes later, an unknown run of Redis may have lost what was invalidated.
	await store.catchUp();
	return store;
}

/** The two pages by turns, so that both meet the same machine. */
async function measureOverview(): Promise<void> {
	const redis = await startRedis();
	const store = await redisStore(redis);
	progress(`${DAYS} days of ${MODELS} models`);
	await fillStats(store, DAYS, MODELS);
	await store.close();
	const directus = await startDirectus({ env: { AI_CACHE_REDIS: redis.url, LOG_LEVEL: 'silent' } });
	await enableModule(directus);
	const dashboard = await createDashboard(directus);
	const studio = await openStudio(directus, { width: 1440, height: 900 });
	const pages = {
		overview: () => paint(studio, '/ai-cache?period=30d', ['.metrics', '.activity .frame svg', '[data-provider]']),
		dashboard: () =>
			paint(studio, `/insights/${dashboard}`, ['.v-workspace-tile .metric', '.v-workspace-tile .v-list']),
		dashboards: () => paint(studio, '/insights', ['.v-table tbody tr']),
	};
	const took = { overview: [] as number[], dashboard: [] as number[], dashboards: [] as number[] };
	for (let round = 0; round <= PAINTS; round++) {
		progress(`painting, round ${round}`);
		for (const name of ['overview', 'dashboard', 'dashboards'] as const) {
			const ms = await pages[name]();
			// The first fills the browser's cache.
			if (round > 0) took[name].push(ms);
		}
	}
	await studio.close();
	await directus.stop();
	await redis.stop();
	const own = median(took.dashboard);
	const row = (label: string, times: number[]) => [label, milliseconds(median(times)), ratio(median(times), own)];
	section(
		'The Studio’s overview compared with Insights',
		`From the request of the page until its figures are visible, in Chromium with a warm cache, median of ${PAINTS}; ${DAYS} days with ${MODELS} models in Redis. The dashboard has four figures and two lists.`,
		table([
			['', 'ms', '× dashboard'],
			row('the overview', took.overview),
			row('an Insights dashboard', took.dashboard),
			row('Insights’ list of dashboards', took.dashboards),
		]),
	);
}

/** Opens the table, and turns its pages, a few times each. */
async function measureTable(directus: Directus): Promise<Times> {
	await enableModule(directus);
	const studio: Studio = await openStudio(directus, { width: 1440, height: 1000 });
	const row = '.v-table tbody tr.table-row';
	const times = { open: [] as number[], next: [] as number[] };
	// The first fills the browser's cache.
	await paint(studio, '/ai-cache/entries', [row]);
	for (let turn = 0; turn < TURNS; turn++) times.open.push(await paint(studio, '/ai-cache/entries', [row]));
	for (let turn = 1; turn <= TURNS; turn++) {
		const started = performance.now();
		await studio.page.getByRole('button', { name: 'Next Page' }).click();
		await studio.page.getByText(new RegExp(`^\\s*${turn * PAGE + 1}–`)).waitFor();
		times.next.push(performance.now() - started);
	}
	await studio.close();
	await directus.stop();
	return new Map([
		['the table is opened', median(times.open)],
		['the next page', median(times.next)],
	]);
}

async function inRedis(size: number): Promise<Times> {
	const redis = await startRedis();
	const store = await redisStore(redis);
	await fill(store, 'openai:gpt-4o', size, 300);
	await store.close();
	const times = await measureTable(await startDirectus({ env: { AI_CACHE_REDIS: redis.url, LOG_LEVEL: 'silent' } }));
	await redis.stop();
	return times;
}

async function measureEntries(): Promise<void> {
	const columns: Times[] = [];
	for (const size of SIZES) {
		progress(`${size} entries`);
		columns.push(await inRedis(size));
	}
	section(
		'The table of entries in the Studio',
		`In Chromium with Redis, from the request until the rows are visible. Milliseconds, medians of ${TURNS}. The paging sections give each store's part of this time.`,
		table([
			['', ...SIZES.map((size) => `${size.toLocaleString('en')} entries`), '×'],
			...[...columns[0]!.keys()].map((label) => {
				const took = columns.map((times) => times.get(label)!);
				return [label, ...took.map(milliseconds), ratio(took.at(-1)!, took[0]!)];
			}),
		]),
	);
}

await measureOverview();
await measureEntries();
await closeBrowser();
process.exit(0);
