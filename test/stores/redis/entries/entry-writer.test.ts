import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freeTag } from '../../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../../src/cache/entry.ts';
import { answers, commitTo, lookupOf, put, reserve } from '../../../contract/harness.ts';
import { sampleEntry } from '../../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { type RedisHarness, redisHarness } from '../support.ts';

let redis: TestRedis;
let harness: RedisHarness;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
	harness = await redisHarness(redis);
});
afterEach(() => harness.stop());

const nameOf = (kind: string): string => `${harness.namespace}:v2:${kind}`;
const entryName = ({ meta }: Entry): string => nameOf(`entry:{${meta.key}}`);

/** Indexes and sorted sets that have any member. */
const placesLeft = async (): Promise<string[]> =>
	(await redis.client.keys(`${harness.namespace}:*`)).filter((name) => /:(index|by):/.test(name));

describe.each([
	['a few tags, looked after in one command', 3],
	['more tags than one script looks after', 120],
])('an entry of %s', (_, count) => {
	const freeTags = Array.from({ length: count }, (_, index) => `t${index}`);
	const sample = (): Entry => sampleEntry(harness.clock, { freeTags });

	it('is stored with its places, and found by each of its tags', async () => {
		const { store, other } = harness;
		const entry = sample();
		expect(await commitTo(store, entry)).toBe('stored');
		expect(await answers(other, entry)).toBe(true);
		expect(await store.count(entry.meta.tags)).toEqual(entry.meta.tags.map(() => 1));
		const { entries } = await store.browse({ sort: 'size', descending: true, limit: 5, cursor: null }, [['*']]);
		expect(entries.map(({ entry: { meta }, size }) => [meta.key, size])).toEqual([
			[entry.meta.key, await redis.client.strlen(entryName(entry))],
		]);
	});

	it.each(freeTags.filter((_, index) => index === 0 || index === count - 1))(
		'is not stored where Redis has lost the token of %s meanwhile, and nothing stands there',
		async (tag) => {
			const { store } = harness;
			const entry = sample();
			expect(await commitTo(store, entry)).toBe('stored');
			const again = await reserve(store, lookupOf(entry));
			await redis.client.unlink(nameOf(`token:{${freeTag(tag)}}`));
			expect(await store.commit([{ reservation: again, entry }])).toEqual(['invalidated']);
			expect(await redis.client.exists(entryName(entry))).toBe(0);
			expect(await placesLeft()).toEqual([]);
		},
	);

	it('gives an index that Redis has lost meanwhile its place and its end again', async () => {
		const { store } = harness;
		const entry = sample();
		const reservation = await reserve(store, lookupOf(entry));
		const index = nameOf(`index:{${freeTag('t1')}}`);
		await redis.client.unlink(index);
		expect(await store.commit([{ reservation, entry }])).toEqual(['stored']);
		expect(await redis.client.pttl(index)).toBeGreaterThan(entry.meta.ttl * 1000);
		expect(await store.count([freeTag('t1')])).toEqual([1]);
	});

	it('leaves nothing behind where another holds its key', async () => {
		const { store, other } = harness;
		const entry = sample();
		const mine = await reserve(store, lookupOf(entry));
		const before = await redis.client.zcard(nameOf('index:{*}'));
		const begin = { ...lookupOf(entry), owner: 'someoneelse_', force: false, leaseMs: 1000 };
		expect(await other.begin(begin)).toBeNull();
		expect(await redis.client.zcard(nameOf('index:{*}'))).toBe(before);
		await store.release(mine);
		expect(await placesLeft()).toEqual([]);
	});

	it('leaves what stands alone where its reservation was taken from it', async () => {
		const { store, other } = harness;
		const entry = await put(harness, { freeTags });
		const former = await reserve(store, lookupOf(entry));
		const holder = await reserve(other, lookupOf(entry), true);
		expect(await store.commit([{ reservation: former, entry }])).toEqual(['superseded']);
		await other.release(holder);
		expect(await answers(other, entry)).toBe(true);
		expect(await store.count(entry.meta.tags)).toEqual(entry.meta.tags.map(() => 1));
	});
});
