import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freeTag, itemTag } from '../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { Store } from '../../../src/cache/store.ts';
import { answers, commitTo, lookupOf, put, reserve } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { randomFrom } from '../../random/reference-model.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectionTo, newNamespace, openRedisStore, type RedisHarness, redisHarness } from './support.ts';

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

describe('two processes on one Redis', () => {
	it('answer each other’s entries, and none that the other has invalidated', async () => {
		const { store, other } = harness;
		for (let round = 0; round < 200; round++) {
			const entry = await put(harness, { content: [{ collection: 'articles', items: [String(round)] }] });
			expect(await answers(other, entry)).toBe(true);
			await store.invalidate([itemTag('articles', String(round))]);
			expect(await answers(other, entry)).toBe(false);
		}
	});

	it('never answer what was invalidated, in thousands of interleaved rounds', { timeout: 60_000 }, async () => {
		const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000_007);
		const next = randomFrom(seed);
		const random = (below: number): number => Math.floor(next() * below);
		const stores = [harness.store, harness.other];
		const entries = Array.from({ length: 8 }, (_, index) =>
			sampleEntry(harness.clock, { key: `openai:gpt-4o:${index}`, freeTags: [`t${index % 4}`, `u${index % 3}`] }),
		);
		/** Of each entry, the lowest version that may be answered from now on. */
		const floors = entries.map(() => 0);
		let version = 0;
		let stale = 0;
		let answered = 0;
		const check = (found: Entry | undefined, floor: number): void => {
			if (!found) return;
			answered++;
			if (Number(found.body.bytes.toString()) < floor) stale++;
		};
		const look = async (store: Store, index: number): Promise<void> => {
			const floor = floors[index]!;
			const lookup = lookupOf(entries[index]!);
			const [found] = await store.lookup([lookup]);
			check(found?.state === 'fresh' ? found.entry : undefined, floor);
		};
		const change = async (store: Store): Promise<void> => {
			const index = random(entries.length);
			if (random(3) > 0) {
				const body = Buffer.from(String(++version));
				const entry = { ...entries[index]!, body: { codec: 'identity' as const, length: body.length, bytes: body } };
				await commitTo(store, entry, true);
				return;
			}
			const tag = random(2) ? `t${random(4)}` : `u${random(3)}`;
			const before = version;
			await store.invalidate([freeTag(tag)]);
			entries.forEach(({ meta }, place) => {
				if (meta.freeTags.includes(tag)) floors[place] = Math.max(floors[place]!, before + 1);
			});
		};
		for (let round = 0; round < 3000; round++) {
			const looks = Array.from({ length: 4 }, () => look(stores[random(2)]!, random(entries.length)));
			await change(stores[random(2)]!);
			if (random(3) === 0) await Promise.all(looks);
		}
		expect({ stale, seed }).toEqual({ stale: 0, seed });
		expect(answered).toBeGreaterThan(3000);
	});

	it('make a miss of a token that Redis evicted, and answer again what is stored with a new one', async () => {
		const { store, other, namespace } = harness;
		const strict = await openRedisStore({
			connection: connectionTo(redis),
			namespace,
			clock: harness.clock,
			firstLevelBytes: 0,
		});
		const entry = await put(harness, { freeTags: ['a'] });
		await answers(other, entry);
		await redis.client.unlink(`${namespace}:v2:token:{t:a}`);
		expect(await answers(strict, entry)).toBe(false);
		const next = { ...entry, meta: { ...entry.meta, key: 'openai:gpt-4o:next' } };
		await commitTo(store, next, true);
		// This process knows the token that was evicted: it has to notice that there is another.
		for (const process of [strict, store, other]) expect(await answers(process, next)).toBe(true);
		await strict.close();
	});

	it('keep out what met all criteria of a purge, however long it was under way by then', async () => {
		const { store, clock, stop } = await redisHarness(redis, { generationMs: 3_600_000 });
		const entry = sampleEntry(clock, { freeTags: ['a'], ttl: 50_000 });
		const reservation = await reserve(store, lookupOf(entry));
		clock.advanceSeconds(3600);
		await store.clean();
		await commitTo(store, sampleEntry(clock, { freeTags: ['a'] }), true);
		await store.invalidateMatching([['p:openai'], [freeTag('a')]]);
		await store.commit([{ reservation, entry }]);
		expect(await answers(store, entry)).toBe(false);
		await stop();
	});

	it('store nothing of which a purge by several criteria would not hear', async () => {
		const { store, clock, namespace, stop } = await redisHarness(redis);
		const entry = sampleEntry(clock, { freeTags: ['a'] });
		const reservation = await reserve(store, lookupOf(entry));
		// A sorted set is expected there.
		await redis.client.set(`${namespace}:v2:index:{t:a}`, 'text');
		await expect(store.commit([{ reservation, entry }])).rejects.toThrow();
		await expect.poll(() => answers(store, entry)).toBe(false);
		await stop();
	});

	it('combine criteria safely where Redis has evicted an index', async () => {
		const small = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-random'] });
		const namespace = newNamespace();
		const store = await openRedisStore({ connection: connectionTo(small), namespace });
		const clock = { now: () => Date.now() };
		let entry = sampleEntry(clock);
		while ((await small.client.info('stats')).includes('evicted_keys:0')) {
			entry = sampleEntry(clock, { freeTags: ['a'], body: 'x'.repeat(15_000) });
			await commitTo(store, entry, true);
		}
		for (let index = 0; index < 200 && !(await answers(store, entry)); index++) await commitTo(store, entry, true);
		const { widened } = await store.invalidateMatching([['p:openai'], [freeTag('a')]]);
		expect(widened).toBe(true);
		expect(await answers(store, entry)).toBe(false);
		// As in a Redis that is started again, or another that takes its place: it has counted nothing.
		await small.client.config('SET', 'maxmemory', '100mb');
		await commitTo(store, entry, true);
		await store.clean();
		await small.client.unlink(`${namespace}:v2:index:{t:a}`);
		await small.client.config('RESETSTAT');
		await store.invalidateMatching([['p:openai'], [freeTag('a')]]);
		expect(await answers(store, entry)).toBe(false);
		await store.close();
		await small.stop();
	});
});
