/** What a miss with its store, and an invalidation by tag, cost beside other libraries. The hits are in `engine.bench.ts`. */
import { newId } from '../../src/cache/ids.ts';
import { freeTag } from '../../src/cache/tags/tags.ts';
import type { Entry } from '../../src/cache/entry.ts';
import type { Store } from '../../src/cache/store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { answerOf, dependenciesOf, entryOf, fill, tagsOf } from './support/entries.ts';
import { type Library, memoryLibraries, redisLibraries } from './support/libraries.ts';
import { rateAsync } from './support/rate.ts';
import { upTo } from './support/sizes.ts';
import { median, repeat, time } from './support/timing.ts';
import { milliseconds, perSecond, progress, ratio, section, table } from './support/table.ts';

const BYTES = 2048;
/** Above the threshold of `AI_CACHE_COMPRESS_ABOVE`, and below. */
const SMALL_BYTES = 900;
const CONCURRENCY = 50;
const TAG = 'bench';
/** Made beforehand: that takes longer than a library takes to keep one. */
const ANSWERS = 500;
const PURGED = upTo([10, 1000, 100_000, 1_000_000]);
const PURGED_BYTES = 300;
const REPETITIONS = 5;
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };
const redis = await startRedis();
const connection = { url: redis.url, connectTimeoutMs: 1000 };

const openMemory = (): MemoryStore => new MemoryStore({ ...limits, maxBytes: 2 ** 30 });

async function openRedis(): Promise<RedisStore> {
	const store = new RedisStore({ ...limits, connection, namespace: 'bench', firstLevelBytes: 2 ** 26 });
	await store.open();
	await new Promise((resolve) => setTimeout(resolve, 500));
	return store;
}

/** Looked for, reserved with its tokens, packed, stored: all that the engine does beside the call of the provider. */
function missAndStore(store: Store, bytes: number): () => Promise<void> {
	const answers = Array.from({ length: ANSWERS }, (_, index) => answerOf(bytes, index));
	let number = 0;
	return async () => {
		const item = number++;
		const dependencies = dependenciesOf(item % 1000);
		const request = { key: `m:${item}`, tags: tagsOf(dependencies) };
		if ((await store.lookup([request]))[0] !== undefined) throw new Error('no miss to measure');
		const reservation = await store.begin({ ...request, owner: newId(), leaseMs: 60_000, force: false });
		const entry: Entry = await entryOf(request.key, bytes, item, dependencies, answers[item % ANSWERS]);
		const [result] = await store.commit([{ reservation: reservation!, entry }]);
		if (result !== 'stored') throw new Error(`not stored: ${result}`);
	};
}

function missAndSet(library: Library, bytes: number): () => Promise<void> {
	const answers = Array.from({ length: ANSWERS }, (_, index) => answerOf(bytes, index).toString());
	let number = 0;
	return async () => {
		const key = `m:${number++}`;
		await library.get(key);
		await library.set(key, answers[number % ANSWERS]!, [TAG, `item-${number % 1000}`]);
	};
}

async function measureOwn(open: () => Promise<Store>, bytes: number): Promise<number> {
	const store = await open();
	const rate = await rateAsync(missAndStore(store, bytes), CONCURRENCY);
	await store.close();
	await redis.client.flushall();
	return rate;
}

async function measureLibrary(library: Library, bytes: number): Promise<number> {
	const rate = await rateAsync(missAndSet(library, bytes), CONCURRENCY);
	await redis.client.flushall();
	return rate;
}

/** The last of the libraries is the bare store, which nothing is compared with. */
async function compareStores(place: string, open: () => Promise<Store>, libraries: Library[]): Promise<void> {
	progress(`miss and store, ${place}`);
	const sizes = [BYTES, SMALL_BYTES];
	const own: number[] = [];
	for (const bytes of sizes) own.push(await measureOwn(open, bytes));
	const others: { name: string; rates: number[] }[] = [];
	for (const library of libraries) {
		const rates: number[] = [];
		for (const bytes of sizes) rates.push(await measureLibrary(library, bytes));
		others.push({ name: library.name, rates });
		await library.close();
	}
	const best = sizes.map((_, column) => Math.max(...others.slice(0, -1).map(({ rates }) => rates[column]!)));
	section(
		`A miss and its store, ${place}`,
		`Lookup, miss, store; ${CONCURRENCY} at a time. This cache compresses the larger answer. It also stores six tags with their versions, the request, the indexes and the lease. The libraries store text, and bentocache two tags.`,
		table([
			['', '2 KB, a second', 'to the best library', '0.9 KB, a second', 'to the best library'],
			...[{ name: 'this cache', rates: own }, ...others].map(({ name, rates }) => [
				name,
				...rates.flatMap((rate, column) => [perSecond(rate), ratio(rate, best[column]!)]),
			]),
		]),
	);
}

/** As many entries as the library wrote the first one, put there past it. */
async function replicate(library: Library, keys: string[], value: string): Promise<void> {
	await redis.client.flushall();
	const [first, ...others] = keys;
	await library.set(first!, value, [TAG]);
	const stored = await redis.client.keys(`*${first}`);
	const name = stored[0];
	if (stored.length !== 1 || name === undefined) throw new Error(`${library.name} stored under ${stored.join(', ')}`);
	const bytes = (await redis.client.getBuffer(name))!;
	const prefix = name.slice(0, -first!.length);
	for (let start = 0; start < others.length; start += 1000) {
		const pipeline = redis.client.pipeline();
		for (const key of others.slice(start, start + 1000)) pipeline.set(prefix + key, bytes, 'EX', 86_400);
		await pipeline.exec();
	}
}

async function purgeOwn(size: number): Promise<number> {
	await redis.client.flushall();
	const filling = await openRedis();
	await fill(filling, 'e', size, PURGED_BYTES);
	await filling.close();
	await redis.client.save();
	const took = await repeat(REPETITIONS, async () => {
		await redis.restart();
		const store = await openRedis();
		await repeat(20, () => store.invalidate([freeTag('nothing')]));
		const purged = await time(() => store.invalidate([freeTag(TAG)]));
		await store.close();
		return purged;
	});
	return median(took);
}

async function purgeLibrary(library: Library, size: number): Promise<number> {
	const value = answerOf(PURGED_BYTES, 1).toString();
	const keys = Array.from({ length: size }, (_, index) => `p:${index}:`);
	const took = await repeat(size > 100_000 ? 1 : REPETITIONS, async () => {
		await replicate(library, keys, value);
		await repeat(20, () => library.purge('nothing', ['nothing']));
		return time(() => library.purge(TAG, keys));
	});
	return median(took);
}

await compareStores('memory', () => Promise.resolve(openMemory()), memoryLibraries());
await compareStores('Redis', openRedis, redisLibraries(redis));

const purges = new Map<string, number[]>([['this cache, in force in every process', []]]);
for (const size of PURGED) {
	progress(`purge of ${size}`);
	purges.get('this cache, in force in every process')!.push(await purgeOwn(size));
	for (const library of redisLibraries(redis)) {
		const row = purges.get(library.name) ?? [];
		row.push(await purgeLibrary(library, size));
		purges.set(library.name, row);
		await library.close();
	}
}
section(
	'Invalidation by tag in Redis, compared with other libraries',
	`Milliseconds, median of ${REPETITIONS}. bentocache records the time of a tag's purge and compares it at each hit. The other libraries have no tags and delete the given keys. This cache waits until the purge is in force in every process.`,
	table([
		['', ...PURGED.map((size) => `${size.toLocaleString('en')} entries`)],
		...[...purges].map(([name, took]) => [name, ...took.map(milliseconds)]),
	]),
);
await redis.stop();
process.exit(0);
