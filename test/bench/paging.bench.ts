/** What a page of the Studio's table of entries takes of each store, wherever the page is and however many entries. */
import { allTag, collectionTag, modelTag, providerTag, type Tag } from '../../src/cache/tags/tags.ts';
import type { EntryQuery } from '../../src/cache/entry.ts';
import type { Store } from '../../src/cache/store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { fill } from './support/entries.ts';
import { upTo } from './support/sizes.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';
import { median, quantile, repeat, time } from './support/timing.ts';

const SIZES = upTo([1000, 100_000]);
const LIMIT = 25;
const TIMES = 21;
/** Entries passed over at once on the way to a page. */
const STRIDE = 1000;
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };

interface List {
	name: string;
	tagSets: Tag[][];
	/** Part of the entries that meet it. */
	part: number;
}

const LISTS: List[] = [
	{ name: 'all', tagSets: [[allTag()]], part: 1 },
	{ name: 'all, by provider', tagSets: [[providerTag('openai')]], part: 1 },
	{
		name: 'half of them by provider, model and collection',
		tagSets: [[providerTag('openai')], [modelTag('openai', 'gpt-4o')], [collectionTag('articles')]],
		part: 0.5,
	},
];
const SORTS: EntryQuery['sort'][] = ['created', 'size'];

const queryOf = (sort: EntryQuery['sort']): EntryQuery => ({ sort, descending: true, limit: LIMIT, cursor: null });

/** The cursor that leads behind so many entries. */
async function cursorBehind(store: Store, sort: EntryQuery['sort'], tagSets: Tag[][], entries: number) {
	let cursor: string | null = null;
	for (let left = entries; left > 0; left -= STRIDE) {
		const limit = Math.min(STRIDE, left);
		cursor = (await store.browse({ ...queryOf(sort), limit, cursor }, tagSets)).nextCursor;
	}
	return cursor;
}

async function measureList(store: Store, size: number, { name, tagSets, part }: List): Promise<string[][]> {
	const rows: string[][] = [];
	const pages = (size * part) / LIMIT;
	for (const sort of SORTS) {
		const page = async (cursor: string | null): Promise<void> => {
			const { entries } = await store.browse({ ...queryOf(sort), cursor }, tagSets);
			if (entries.length !== LIMIT) throw new Error(`${entries.length} entries on a page`);
		};
		const opened = await time(() => page(null));
		const first = median(await repeat(TIMES, () => time(() => page(null))));
		const cells = [`${name}, by ${sort}`, milliseconds(opened), milliseconds(first)];
		for (const number of [10, 1000, pages]) {
			if (number > pages) {
				cells.push('', '');
				continue;
			}
			const cursor = await cursorBehind(store, sort, tagSets, (number - 1) * LIMIT);
			const took = median(await repeat(TIMES, () => time(() => page(cursor))));
			cells.push(milliseconds(took), ratio(took, first));
		}
		rows.push(cells);
	}
	return rows;
}

/** Each size in a store of its own, so that nothing of its lists is known before. `commands` says how long Redis took for its commands. */
async function measure(label: string, open: () => Promise<Store>, commands?: () => Promise<string>): Promise<void> {
	for (const size of SIZES) {
		progress(`${size} entries, ${label}`);
		const store = await open();
		await fill(store, `openai:gpt-4o:${size}`, size / 2, 300);
		await fill(store, `openai:gpt-4o:more:${size}`, size / 2, 300, 'pages');
		await commands?.();
		const rows = [];
		for (const list of LISTS) rows.push(...(await measureList(store, size, list)));
		await store.close();
		section(
			`Paging through ${size.toLocaleString('en')} entries, ${label}`,
			`Pages of ${LIMIT}; milliseconds, medians of ${TIMES}, and their ratio to the first page. “Opened” is the first access. It may have to sort a list, or count the entries that match several criteria.${commands ? ` ${await commands()}` : ''}`,
			table([['', 'opened', 'first page', 'page 10', '×', 'page 1,000', '×', 'last page', '×'], ...rows]),
		);
	}
}

const redis = await startRedis();
const connection = { url: redis.url, connectTimeoutMs: 1000 };

async function openRedis(): Promise<Store> {
	await redis.client.flushall();
	const store = new RedisStore({ ...limits, connection, namespace: 'bench', firstLevelBytes: 2 ** 20 });
	await store.open();
	return store;
}

/** How long Redis was busy with one command, of all since it was asked before. */
async function heldUp(): Promise<string> {
	const commands = (await redis.client.slowlog('GET', 100_000)) as [id: number, at: number, microseconds: number][];
	await redis.client.config('SET', 'slowlog-log-slower-than', 0);
	await redis.client.config('SET', 'slowlog-max-len', 100_000);
	await redis.client.slowlog('RESET');
	const times = commands.map(([, , microseconds]) => microseconds / 1000);
	return `Of ${times.length.toLocaleString('en')} commands, 99.9 % held Redis up for at most ${milliseconds(quantile(times, 0.999))} ms, the longest for ${milliseconds(quantile(times, 1))} ms.`;
}

await measure('the memory store', () => Promise.resolve(new MemoryStore({ ...limits, maxBytes: 2 ** 30 })));
await measure('Redis', openRedis, heldUp);
await redis.stop();
process.exit(0);
