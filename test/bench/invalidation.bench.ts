/** What invalidating costs as the number of entries grows, beside the specification's KEYS and DEL. */
import { Redis } from 'ioredis';

import { collectionTag } from '../../src/cache/dependencies.ts';
import { MemoryStore } from '../../src/stores/memory/store.ts';
import { RedisStore } from '../../src/stores/redis/store.ts';
import { startRedis } from '../support/redis.ts';
import { fill } from './support/entries.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';

const SIZES = [10, 1000, 10_000, 100_000];
const BYTES = 300;
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };
const redis = await startRedis();

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1500));

async function time(work: () => Promise<unknown>): Promise<number> {
	const started = performance.now();
	await work();
	return performance.now() - started;
}

/** Acknowledged, with the exact count. */
async function measureRedis(size: number): Promise<number> {
	const namespace = `inv${size}`;
	const store = new RedisStore({
		...limits,
		connection: { url: redis.url, connectTimeoutMs: 1000 },
		namespace,
		firstLevelBytes: 2 ** 26,
	});
	await store.open();
	await settled();
	await fill(store, 'e', size, BYTES);
	let entries = -1;
	const took = await time(async () => {
		entries = (await (await store.invalidate([collectionTag('articles')])).counted).entries;
	});
	if (entries !== size) throw new Error(`counted ${entries} of ${size}`);
	await settled();
	await store.close();
	await redis.client.flushall();
	return took;
}

async function measureMemory(size: number): Promise<number> {
	const store = new MemoryStore({ ...limits, maxBytes: 2 ** 32 });
	await fill(store, 'e', size, BYTES);
	const took = await time(() => store.invalidate([collectionTag('articles')]));
	await store.close();
	return took;
}

/** The specification's own: every key is looked at, every match deleted. */
async function measureKeysAndDel(size: number): Promise<number> {
	const client = new Redis(redis.url);
	const value = 'x'.repeat(BYTES);
	for (let start = 0; start < size; start += 1000) {
		const pipeline = client.pipeline();
		for (let index = start; index < Math.min(size, start + 1000); index++) {
			pipeline.set(`ai_response:v1:openai:gpt-4:${index}:collection:articles`, value);
		}
		await pipeline.exec();
	}
	const took = await time(async () => {
		const keys = await client.keys('ai_response:v1:*:*:*:collection:articles');
		for (let start = 0; start < keys.length; start += 50_000) await client.del(...keys.slice(start, start + 50_000));
	});
	await client.flushall();
	client.disconnect();
	return took;
}

const best = async (measure: (size: number) => Promise<number>, size: number): Promise<number> =>
	Math.min(await measure(size), await measure(size), await measure(size));

const rows: (string | number)[][] = [];
let smallest: { redis: number; memory: number; keys: number } | undefined;
for (const size of SIZES) {
	progress(`${size} entries`);
	const took = {
		redis: await best(measureRedis, size),
		memory: await best(measureMemory, size),
		keys: await best(measureKeysAndDel, size),
	};
	smallest ??= took;
	rows.push([
		size.toLocaleString('en'),
		milliseconds(took.redis),
		ratio(took.redis, smallest.redis),
		milliseconds(took.memory),
		milliseconds(took.keys),
		ratio(took.keys, smallest.keys),
	]);
}
section(
	'Invalidating a collection',
	'Milliseconds until it is in force in every process, on Redis with the exact number of entries; best of three. KEYS and DEL is what the first sketch of this cache did.',
	table([['entries', 'Redis', '× of 10', 'memory', 'KEYS + DEL', '× of 10'], ...rows]),
);
await redis.stop();
process.exit(0);
