import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freeTag, itemTag } from '../../../src/cache/dependencies.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { Store } from '../../../src/cache/store.ts';
import { LEASE_MS } from '../../../src/stores/redis/bus.ts';
import { answers, commitTo, lookupOf, put, reserve } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/samples.ts';
import { randomFrom } from '../../random/truth.ts';
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

/** Brings the entry into the process's first level. */
async function warm(store: Store, entry: Entry): Promise<void> {
	await expect
		.poll(
			async () => {
				await store.lookup([lookupOf(entry)]);
				return store.peek(lookupOf(entry));
			},
			{ interval: 5, timeout: 5000 },
		)
		.toBeDefined();
}

describe('two processes on one Redis', () => {
	it('answer each other’s entries, and none that the other has invalidated', async () => {
		const { store, other } = harness;
		for (let round = 0; round < 200; round++) {
			const entry = await put(harness, { content: [{ collection: 'articles', items: [String(round)] }] });
			expect(await answers(other, entry)).toBe(true);
			await store.invalidate([itemTag('articles', String(round))]);
			expect(other.peek(lookupOf(entry))).toBeUndefined();
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
			check(store.peek(lookup), floor);
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
			entries.forEach((entry, index) => {
				for (const store of stores) check(store.peek(lookupOf(entry)), floors[index]!);
			});
			if (random(3) === 0) await Promise.all(looks);
		}
		expect({ stale, seed }).toEqual({ stale: 0, seed });
		expect(answered).toBeGreaterThan(3000);
	});

	it('trust nothing of their own while the bus is cut, and nothing old once it is back', async () => {
		const { store, other } = harness;
		for (let round = 0; round < 20; round++) {
			const entry = await put(harness, { freeTags: ['a'] });
			await warm(other, entry);
			await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
			if (round % 2) await expect.poll(() => other.peek(lookupOf(entry)), { interval: 1 }).toBeUndefined();
			await store.invalidate([freeTag('a')]);
			for (let look = 0; look < 5; look++) {
				expect(other.peek(lookupOf(entry))).toBeUndefined();
				expect(await answers(other, entry)).toBe(false);
				await new Promise((resolve) => setTimeout(resolve, 10));
			}
		}
		const entry = await put(harness);
		await warm(other, entry);
	});

	it('forget what they know where a revocation was lost on its way', async () => {
		const { other, namespace } = harness;
		const entry = await put(harness, { freeTags: ['a'] });
		const untouched = await put(harness, { key: 'openai:gpt-4o:untouched', freeTags: ['b'] });
		await warm(other, entry);
		// As if a message got lost that a process sent which has died since.
		await redis.client.unlink(`${namespace}:v1:token:{t:a}`);
		await redis.client.incr(`${namespace}:v1:{bus}:sequence`);
		const lost = performance.now();
		await expect.poll(() => performance.now() - lost, { interval: 5 }).toBeGreaterThan(LEASE_MS);
		// It trusts what it knows again, so it has heard since.
		await warm(other, untouched);
		expect(other.peek(lookupOf(entry))).toBeUndefined();
		expect(await answers(other, entry)).toBe(false);
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
		await warm(other, entry);
		await redis.client.unlink(`${namespace}:v1:token:{t:a}`);
		expect(await answers(strict, entry)).toBe(false);
		const next = { ...entry, meta: { ...entry.meta, key: 'openai:gpt-4o:next' } };
		await commitTo(store, next, true);
		// This process knows the token that was evicted: it has to notice that there is another.
		for (const process of [strict, store, other]) expect(await answers(process, next)).toBe(true);
		await warm(other, next);
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
		await redis.client.set(`${namespace}:v1:index:{t:a}`, 'text');
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
		await small.client.unlink(`${namespace}:v1:index:{t:a}`);
		await small.client.config('RESETSTAT');
		await store.invalidateMatching([['p:openai'], [freeTag('a')]]);
		expect(await answers(store, entry)).toBe(false);
		await store.close();
		await small.stop();
	});
});

describe('a process of its own', () => {
	let child: ChildProcess;
	let namespace: string;
	let store: Store;
	beforeEach(async () => {
		namespace = newNamespace();
		store = await openRedisStore({ connection: connectionTo(redis), namespace });
		child = fork(new URL('process.ts', import.meta.url), [redis.url, namespace], { stdio: 'inherit', execArgv: [] });
		await once(child, 'message');
	});
	afterEach(async () => {
		child.kill('SIGKILL');
		await store.close();
	});

	async function lastAnswered(): Promise<number> {
		const reply = once(child, 'message');
		child.send('report');
		return (await reply)[0] as number;
	}

	/** Stores an entry and waits until the child answers it. */
	async function shared(): Promise<Entry> {
		const entry = sampleEntry({ now: () => Date.now() }, { freeTags: ['a'] });
		await commitTo(store, entry, true);
		child.send(lookupOf(entry));
		await expect.poll(lastAnswered, { timeout: 5000 }).toBeGreaterThan(0);
		return entry;
	}

	it('answers from its memory until an invalidation is acknowledged, and never after', async () => {
		for (let round = 0; round < 20; round++) {
			await shared();
			await store.invalidate([freeTag('a')]);
			const acknowledged = Date.now();
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect(await lastAnswered()).toBeLessThanOrEqual(acknowledged);
		}
	});

	it('that is stopped delays an invalidation by its lease, and answers nothing old when it goes on', async () => {
		await shared();
		child.kill('SIGSTOP');
		const started = performance.now();
		await store.invalidate([freeTag('a')]);
		const took = performance.now() - started;
		const acknowledged = Date.now();
		expect(took).toBeGreaterThan(LEASE_MS - 50);
		expect(took).toBeLessThan(LEASE_MS + 1000);
		child.kill('SIGCONT');
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(await lastAnswered()).toBeLessThanOrEqual(acknowledged);
		await shared();
	});

	it('that is gone without a word delays nothing after half a second', async () => {
		await shared();
		child.kill('SIGSTOP');
		await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS + 100));
		const durations: number[] = [];
		for (let round = 0; round < 5; round++) {
			const started = performance.now();
			await store.invalidate([freeTag('a')]);
			durations.push(performance.now() - started);
		}
		expect(Math.min(...durations)).toBeLessThan(LEASE_MS / 2);
	});
});
