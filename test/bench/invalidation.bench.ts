/** What invalidating costs as the number of entries grows, beside the specification's KEYS and DEL. */
import { Redis } from 'ioredis';

import { collectionTag } from '../../src/cache/tags/tags.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { answerOf, dependenciesOf, fill, tagsOf } from './support/entries.ts';
import { rateAsync } from './support/rate.ts';
import { upTo } from './support/sizes.ts';
import { SketchCache } from './support/naive-cache.ts';
import { median, repeat, time } from './support/timing.ts';
import { milliseconds, perSecond, progress, ratio, section, table } from './support/table.ts';

const SIZES = upTo([10, 1000, 10_000, 100_000, 1_000_000]);
const BYTES = 300;
/** A million entries take minutes to bring in. */
const repetitionsOf = (size: number): number => (size > 100_000 ? 1 : 5);
const CONCURRENCY = 50;
const COLLECTION = 'articles';
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };
const redis = await startRedis();
const connection = { url: redis.url, connectTimeoutMs: 1000 };

interface Purge {
	/** Until it is in force in every process. */
	inForce: number;
	/** Until it is known how many entries it dropped. */
	counted: number;
}

interface Measured {
	purge: Purge;
	lookups: number;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

async function openStore(): Promise<RedisStore> {
	const store = new RedisStore({ ...limits, connection, namespace: 'bench', firstLevelBytes: 2 ** 26 });
	await store.open();
	await settled();
	return store;
}

/** On a Redis that nothing else was asked of; the first purges of the process are of nothing, to warm it up. */
async function purgeOnce(size: number): Promise<Purge> {
	const store = await openStore();
	await repeat(20, async () => (await store.invalidate([collectionTag('nothing')])).counted);
	const started = performance.now();
	const { counted } = await store.invalidate([collectionTag(COLLECTION)]);
	const inForce = performance.now() - started;
	const { entries } = await counted;
	const took = { inForce, counted: performance.now() - started };
	if (entries !== size) throw new Error(`counted ${entries} of ${size}`);
	await store.close();
	return took;
}

/** Filled once and saved; each repetition begins with what was saved. */
async function measureRedis(size: number): Promise<Measured> {
	await redis.client.flushall();
	const store = await openStore();
	await fill(store, 'e', size, BYTES, COLLECTION);
	await store.close();
	const reader = new RedisStore({ ...limits, connection, namespace: 'bench', firstLevelBytes: 0 });
	await reader.open();
	const lookups = await rateAsync(() => reader.lookup([lookupOf(size)]), CONCURRENCY);
	await reader.close();
	await redis.client.save();
	const purges = await repeat(repetitionsOf(size), async () => {
		await redis.restart();
		return purgeOnce(size);
	});
	return { purge: medianOf(purges), lookups };
}

function lookupOf(size: number): { key: string; tags: string[] } {
	const item = Math.floor(Math.random() * size);
	return { key: `e:${item}`, tags: tagsOf(dependenciesOf(item, COLLECTION)) };
}

const medianOf = (purges: readonly Purge[]): Purge => ({
	inForce: median(purges.map(({ inForce }) => inForce)),
	counted: median(purges.map(({ counted }) => counted)),
});

async function measureMemory(size: number): Promise<number> {
	const store = new MemoryStore({ ...limits, maxBytes: 2 ** 34 });
	await fill(store, 'e', size, BYTES, COLLECTION);
	let counted: Promise<unknown> = Promise.resolve();
	const took = await time(async () => {
		({ counted } = await store.invalidate([collectionTag(COLLECTION)]));
	});
	await counted;
	await store.close();
	return took;
}

async function measureSketch(size: number): Promise<{ purge: number; lookups: number }> {
	await redis.client.flushall();
	const client = new Redis(redis.url, { enableAutoPipelining: true });
	const sketch = new SketchCache(client);
	await sketch.fill(size, COLLECTION, answerOf(BYTES, 1).toString());
	const lookups = await rateAsync(() => sketch.get(`p${Math.floor(Math.random() * size)}`, COLLECTION), CONCURRENCY);
	await redis.client.save();
	const purges = await repeat(repetitionsOf(size), async () => {
		await redis.restart();
		await client.ping();
		return time(() => sketch.invalidate(COLLECTION));
	});
	client.disconnect();
	return { purge: median(purges), lookups };
}

const measured: { size: number; redis: Measured; memory: number; sketch: { purge: number; lookups: number } }[] = [];
for (const size of SIZES) {
	progress(`${size} entries`);
	measured.push({
		size,
		redis: await measureRedis(size),
		memory: median(await repeat(repetitionsOf(size), () => measureMemory(size))),
		sketch: await measureSketch(size),
	});
}
const [smallest] = measured;
section(
	'Invalidating a collection',
	`Milliseconds, median of 5 (a million: one measurement), each on a fresh Redis with that many entries. “In force”: no process returns any of them. “Counted”: their exact number is known too. The first sketch of this cache used KEYS and DEL, which block Redis.`,
	table([
		['entries', 'in force', '× of 10', 'counted', 'memory store, in force', 'KEYS + DEL', '× of 10'],
		...measured.map(({ size, redis: { purge }, memory, sketch }) => [
			size.toLocaleString('en'),
			milliseconds(purge.inForce),
			ratio(purge.inForce, smallest!.redis.purge.inForce),
			milliseconds(purge.counted),
			milliseconds(memory),
			milliseconds(sketch.purge),
			ratio(sketch.purge, smallest!.sketch.purge),
		]),
	]),
);
section(
	'Lookups as entries grow, compared with the first sketch',
	`Hits of random entries in Redis, ${CONCURRENCY} at a time, without the L1 cache. The sketch sends two commands in sequence, a read and a count, and checks no content.`,
	table([
		['entries', 'entry and six tag versions, one command', 'the sketch', 'ratio'],
		...measured.map(({ size, redis: { lookups }, sketch }) => [
			size.toLocaleString('en'),
			perSecond(lookups),
			perSecond(sketch.lookups),
			ratio(lookups, sketch.lookups),
		]),
	]),
);
await redis.stop();
process.exit(0);
