/** Throughput and memory as the number of entries grows. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { encodeEntry } from '../../src/cache/entry-codec.ts';
import type { Lookup } from '../../src/cache/store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { lineChart } from './support/chart.ts';
import { dependenciesOf, entryOf, fill, tagsOf } from './support/entries.ts';
import { memoryInUse } from './support/memory-use.ts';
import { rateAsync } from './support/rate.ts';
import { MAX_ENTRIES, upTo } from './support/sizes.ts';
import { perSecond, progress, ratio, section, table } from './support/table.ts';

const ALL_SIZES = [1000, 10_000, 100_000, 1_000_000];
const SIZES = upTo(ALL_SIZES);
const BYTES = 800;
const CONCURRENCY = 50;
/** Look-ups made beforehand, so that making them is not measured. */
const SAMPLE = 5000;
const CHART = 'growth.svg';
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };
const redis = await startRedis();

interface Measured {
	size: number;
	/** Hits a second. */
	memoryRate: number;
	redisRate: number;
	/** Bytes for each entry, with its places in the indexes and the tokens of its own tags. */
	memoryBytes: number;
	redisBytes: number;
}

/** Random ones of so many, in an order that repeats. */
function sampleOf(size: number): () => Lookup {
	const lookups = Array.from({ length: SAMPLE }, (): Lookup => {
		const item = Math.floor(Math.random() * size);
		return { key: `e:${item}`, tags: tagsOf(dependenciesOf(item)) };
	});
	let next = 0;
	return () => lookups[next++ % SAMPLE]!;
}

async function measureMemory(size: number): Promise<{ memoryRate: number; memoryBytes: number }> {
	const next = sampleOf(size);
	const before = memoryInUse();
	const store = new MemoryStore({ ...limits, maxBytes: 2 ** 34 });
	await fill(store, 'e', size, BYTES);
	const memoryBytes = (memoryInUse() - before) / size;
	if ((await store.lookup([next()]))[0] === undefined) throw new Error('no hit to measure');
	const memoryRate = await rateAsync(() => store.lookup([next()]), 1);
	await store.close();
	return { memoryRate, memoryBytes };
}

async function measureRedis(size: number): Promise<{ redisRate: number; redisBytes: number }> {
	await redis.client.flushall();
	const next = sampleOf(size);
	const connection = { url: redis.url, connectTimeoutMs: 1000 };
	const store = new RedisStore({ ...limits, connection, namespace: 'bench', firstLevelBytes: 0 });
	await store.open();
	const before = await usedByRedis();
	await fill(store, 'e', size, BYTES);
	const redisBytes = ((await usedByRedis()) - before) / size;
	const redisRate = await rateAsync(() => store.lookup([next()]), CONCURRENCY);
	await store.close();
	return { redisRate, redisBytes };
}

async function usedByRedis(): Promise<number> {
	return Number(/^used_memory:(\d+)/m.exec(await redis.client.info('memory'))?.[1]);
}

const measured: Measured[] = [];
for (const size of SIZES) {
	progress(`${size} entries`);
	measured.push({ size, ...(await measureMemory(size)), ...(await measureRedis(size)) });
}
const entry = await entryOf('e:1', BYTES, 1, dependenciesOf(1));
const ownBytes = encodeEntry(entry).length;
const [first] = measured;

const figures: [name: keyof Measured, title: string][] = [
	['memoryRate', 'hits a second, memory store'],
	['redisRate', 'hits a second, Redis'],
	['memoryBytes', 'bytes of memory for an entry, memory store'],
	['redisBytes', 'bytes of memory for an entry, Redis'],
];
if (MAX_ENTRIES >= ALL_SIZES.at(-1)!) {
	const colours = ['#6644ff', '#d9480f'];
	const chart = lineChart({
		title: 'As entries grow, to 1,000 of them',
		places: SIZES.map((size) => `${size.toLocaleString('en')} entries`),
		top: 1.6,
		step: 0.2,
		lines: figures.map(([figure, name], index) => ({
			name,
			values: measured.map((each) => each[figure] / first![figure]),
			colour: colours[index % 2]!,
			dashed: index >= 2,
		})),
	});
	writeFileSync(path.join(import.meta.dirname, '../../docs/images', CHART), chart);
}
section(
	'As entries grow',
	`Answers of ${BYTES} bytes, each with its own item. A stored entry takes ${ownBytes} bytes, with its request and its metadata. Hits of random entries; with Redis ${CONCURRENCY} at a time and without the L1 cache. An entry's memory includes its index entries and its tag versions.`,
	table([
		[
			'entries',
			'hits a second, memory',
			'× of 1,000',
			'Redis',
			'× of 1,000',
			'bytes an entry, memory',
			'to its own',
			'Redis',
			'to its own',
		],
		...measured.map(({ size, memoryRate, redisRate, memoryBytes, redisBytes }) => [
			size.toLocaleString('en'),
			perSecond(memoryRate),
			ratio(memoryRate, first!.memoryRate),
			perSecond(redisRate),
			ratio(redisRate, first!.redisRate),
			perSecond(memoryBytes),
			ratio(memoryBytes, ownBytes),
			perSecond(redisBytes),
			ratio(redisBytes, ownBytes),
		]),
	]),
	`![Hits a second and bytes for an entry at 1,000 to 1,000,000 entries, each to what it is at 1,000](images/${CHART})`,
);
await redis.stop();
process.exit(0);
