/** How soon the Studio's overview stands beside Directus' own Insights, and what paging through many entries costs. */
import { ENTRY_SORTS, type EntryPage } from '../../src/contract.ts';
import { RedisStore } from '../../src/stores/redis/store.ts';
import { closeBrowser, enableModule, openStudio, type Studio } from '../e2e/support/browser.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { fill } from './support/entries.ts';
import { createDashboard, fillStats, median, paint } from './support/studio.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';

const DAYS = 30;
const MODELS = 50;
const PAINTS = 7;
const SIZES = [1000, 100_000] as const;
const TIMES = 11;
const PAGE = 50;
const BATCH = 1000;
const NAMESPACE = 'ai-cache';
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };

/** What is measured of a table, by its label: milliseconds. */
type Times = Map<string, number>;

async function redisStore(redis: TestRedis): Promise<RedisStore> {
	const connection = { url: redis.url, connectTimeoutMs: 1000 };
	const store = new RedisStore({ ...limits, connection, namespace: NAMESPACE, firstLevelBytes: 2 ** 20 });
	await store.open();
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
		'The Studio’s overview beside Insights',
		`From the request for the page until its figures are seen, Chromium with a warm cache, median of ${PAINTS}; ${DAYS} days with ${MODELS} models in Redis. The dashboard has four figures and two lists.`,
		table([
			['', 'ms', '× dashboard'],
			row('the overview', took.overview),
			row('an Insights dashboard', took.dashboard),
			row('Insights’ list of dashboards', took.dashboards),
		]),
	);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
	const times: number[] = [];
	for (let time = 0; time < TIMES; time++) {
		const started = performance.now();
		await work();
		times.push(performance.now() - started);
	}
	return median(times);
}

const pageOf = (directus: Directus, query: string, cursor?: string | null) =>
	directus.data<EntryPage>(
		'GET',
		`/ai-cache/entries?limit=20${query}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
	);

/** The cursor that leads to the page of that number. */
async function cursorTo(directus: Directus, query: string, number: number): Promise<string | null> {
	let cursor: string | null = null;
	for (let page = 1; page < number; page++) cursor = (await pageOf(directus, query, cursor)).next_cursor;
	return cursor;
}

async function measureTable(directus: Directus, times: Times): Promise<void> {
	times.set('nothing: `GET /ai-cache/settings`', await timed(() => directus.data('GET', '/ai-cache/settings')));
	for (const sort of ENTRY_SORTS) {
		for (const query of [`&sort=-${sort}`, `&sort=${sort}`]) {
			times.set(`first page, ${query.slice(1)}`, await timed(() => pageOf(directus, query)));
		}
	}
	const filters = [
		['', 'unfiltered'],
		['&provider=openai&model=gpt-4o&collection=articles', 'filtered, all match'],
		['&collection=articles&item=500', 'filtered, one matches'],
	] as const;
	for (const [query, label] of filters) {
		if (query !== '') times.set(`first page, ${label}`, await timed(() => pageOf(directus, query)));
		if (query.includes('item')) continue;
		const cursor = await cursorTo(directus, query, PAGE);
		times.set(`page ${PAGE}, ${label}`, await timed(() => pageOf(directus, query, cursor)));
	}
	times.set('in the browser: the table', await timedIn(directus, 'open'));
	times.set('in the browser: the next page', await timedIn(directus, 'next'));
}

async function timedIn(directus: Directus, what: 'open' | 'next'): Promise<number> {
	const studio: Studio = await openStudio(directus, { width: 1440, height: 1000 });
	const times: number[] = [];
	const row = '.v-table tbody tr.table-row';
	await paint(studio, '/ai-cache/entries', [row]);
	for (let time = 0; time < 7; time++) {
		if (what === 'open') times.push(await paint(studio, '/ai-cache/entries', [row]));
		else {
			const from = (time + 1) * 25 + 1;
			const started = performance.now();
			await studio.page.getByRole('button', { name: 'Next' }).click();
			await studio.page.locator('.pages', { hasText: new RegExp(`^\\s*${from}–`) }).waitFor();
			times.push(performance.now() - started);
		}
	}
	await studio.close();
	return median(times);
}

/** Through `POST /store`, as whoever has no access to the process has to. */
async function fillByApi(directus: Directus, size: number): Promise<void> {
	for (let start = 0; start < size; start += BATCH) {
		const requests = Array.from({ length: Math.min(BATCH, size - start) }, (_, index) => ({
			provider: 'openai',
			model: 'gpt-4o',
			prompt: `Question ${start + index}`,
			collection: 'articles',
			item: start + index,
			tags: ['bench'],
			text: `Answer ${start + index}: ${'a few words '.repeat((start + index) % 20)}`,
		}));
		await directus.data('POST', '/ai-cache/store', requests);
	}
}

async function inMemory(size: number): Promise<Times> {
	const env = { AI_CACHE_STORE: 'memory', AI_CACHE_MEMORY_MAX: '1gb', AI_CACHE_BATCH_MAX: String(BATCH) };
	const directus = await startDirectus({ env: { ...env, LOG_LEVEL: 'silent', MAX_PAYLOAD_SIZE: '20mb' } });
	await fillByApi(directus, size);
	return measured(directus);
}

async function inRedis(size: number): Promise<Times> {
	const redis = await startRedis();
	const store = await redisStore(redis);
	await fill(store, 'openai:gpt-4o', size, 300);
	await store.close();
	const directus = await startDirectus({ env: { AI_CACHE_REDIS: redis.url, LOG_LEVEL: 'silent' } });
	const times = await measured(directus);
	await redis.stop();
	return times;
}

async function measured(directus: Directus): Promise<Times> {
	await enableModule(directus);
	const times: Times = new Map();
	await measureTable(directus, times);
	await directus.stop();
	return times;
}

async function measureEntries(): Promise<void> {
	const stores = { memory: inMemory, Redis: inRedis };
	const columns: Times[] = [];
	for (const [name, measure] of Object.entries(stores)) {
		for (const size of SIZES) {
			progress(`${size} entries, ${name}`);
			columns.push(await measure(size));
		}
	}
	const [memoryFew, memoryMany, redisFew, redisMany] = columns as [Times, Times, Times, Times];
	const cells = (few: Times, many: Times, label: string): string[] => {
		const [one = 0, other = 0] = [few.get(label), many.get(label)];
		return [milliseconds(one), milliseconds(other), ratio(other, one)];
	};
	section(
		'Paging through the entries',
		`\`GET /entries?limit=20\` over HTTP, and the table in Chromium; milliseconds, medians, with ${SIZES[0].toLocaleString('en')} and ${SIZES[1].toLocaleString('en')} entries.`,
		table([
			['', 'memory, few', 'memory, many', '×', 'Redis, few', 'Redis, many', '×'],
			...[...memoryFew.keys()].map((label) => [
				label,
				...cells(memoryFew, memoryMany, label),
				...cells(redisFew, redisMany, label),
			]),
		]),
	);
}

await measureOverview();
await measureEntries();
await closeBrowser();
process.exit(0);
