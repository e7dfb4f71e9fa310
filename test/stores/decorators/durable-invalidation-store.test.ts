import { afterEach, describe, expect, it } from 'vitest';
import { allTag, freeTag } from '../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import { StoreUnavailableError } from '../../../src/cache/errors.ts';
import type { CarriedOut, Store } from '../../../src/cache/store.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import type { TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { commitTo, lookupOf } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { clock, guarded, neverFresh, put, redisWith, stopAll, SURVIVING } from './support.ts';

afterEach(stopAll);

describe('an invalidation while Redis is away', () => {
	it.each([
		['by tags', (store: Store, _: Entry) => store.invalidate([freeTag('a')])],
		['by combined criteria', (store: Store, _: Entry) => store.invalidateMatching([[freeTag('a')], [allTag()]])],
		['by key', (store: Store, { meta }: Entry) => store.removeKeys([meta.key])],
	])('%s is accepted, and holds when Redis comes back with its data', async (_, invalidate) => {
		const redis = await redisWith(SURVIVING);
		const outbox = new MemoryOutbox();
		const [store, other] = [await guarded(redis, outbox), await guarded(redis, outbox)];
		const entry = await put(store, { freeTags: ['a'] });
		const apart = await put(store, { freeTags: ['b'] });
		await put(other, { key: 'openai:gpt-4o:warm' });
		await redis.kill();
		await invalidate(store, entry);
		expect(store.pendingInvalidations).toBe(1);
		await expect(store.lookup([lookupOf(apart)])).rejects.toBeInstanceOf(StoreUnavailableError);
		const asked = Promise.all([neverFresh(store, entry), neverFresh(other, entry)]);
		await redis.restart();
		await asked;
		expect((await store.lookup([lookupOf(apart)]))[0]?.state).toBe('fresh');
		expect(await outbox.pending()).toEqual([]);
		expect(store.pendingInvalidations).toBe(0);
	});

	it('holds when Redis comes back empty, which then works as before', async () => {
		const redis = await redisWith();
		const store = await guarded(redis, new MemoryOutbox());
		const entry = await put(store, { freeTags: ['a'] });
		await redis.kill();
		await store.invalidate([freeTag('a')]);
		const asked = neverFresh(store, entry);
		await redis.restart();
		await asked;
		await put(store, { freeTags: ['a'] });
	});

	it('of a process that has ended is found by the next one before it reads anything', async () => {
		const redis = await redisWith(SURVIVING);
		const outbox = new MemoryOutbox();
		const entry = await put(await guarded(redis, outbox), { freeTags: ['a'] });
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		const next = await guarded(redis, outbox);
		expect((await next.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
		expect(await outbox.pending()).toEqual([]);
	});

	it('is carried out by a process that could reach Redis all the time', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const store = await guarded(redis, outbox);
		const entry = await put(store, { freeTags: ['a'] });
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		await expect.poll(async () => (await store.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
	});

	it('is heard by a process that was connected earlier than the one that it came to', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const store = await guarded(redis, outbox, 'guarded', 60_000);
		const entry = sampleEntry(clock, { freeTags: ['a'] });
		expect(await commitTo(store, entry, true)).toBe('stored');
		expect((await store.lookup([lookupOf(entry)]))[0]?.state).toBe('fresh');
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		expect((await store.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
	});

	it('keeps a model version that was raised, and never lowers one', async () => {
		const redis = await redisWith(SURVIVING);
		const outbox = new MemoryOutbox();
		const store = await guarded(redis, outbox);
		const state = { version: 3, snapshot: null, systemFingerprint: null, changedAt: 1 };
		await store.setModelState('openai', 'o3', { ...state, version: 5 });
		await redis.kill();
		await store.setModelState('openai', 'gpt-4o', state);
		await outbox.add({ kind: 'model', provider: 'openai', model: 'o3', state });
		await redis.restart();
		await expect.poll(() => store.modelStates().catch(() => null), { timeout: 5000 }).not.toBeNull();
		const states = await store.modelStates();
		expect(states.get('openai/gpt-4o')?.version).toBe(3);
		expect(states.get('openai/o3')?.version).toBe(5);
	});

	it('is told of in one go once it is carried out: how much, since when, and what it dropped', async () => {
		const redis = await redisWith(SURVIVING);
		const started = new Date(clock.now()).toISOString();
		const told: CarriedOut[] = [];
		const store = await guarded(redis, new MemoryOutbox(clock), 'guarded', 0, true, (one) => told.push(one));
		for (const tag of ['a', 'a', 'b', 'c']) await put(store, { freeTags: [tag] });
		await store.invalidate([freeTag('c')]);
		await redis.kill();
		await store.invalidate([freeTag('a')]);
		await store.invalidate([freeTag('b'), freeTag('none')]);
		expect(told).toEqual([]);
		await redis.restart();
		await expect.poll(() => told.length, { timeout: 8000 }).toBe(1);
		const [{ since, ...rest }] = told as [CarriedOut];
		expect(rest).toEqual({ invalidations: 2, entries: 3, tags: ['a', 'b', 'none'].map(freeTag) });
		expect(since >= started && since <= new Date(clock.now()).toISOString()).toBe(true);
	});

	it('is told of by one process alone, whichever takes it out', async () => {
		const redis = await redisWith(SURVIVING);
		const outbox = new MemoryOutbox();
		let told = 0;
		const listen = ({ invalidations }: CarriedOut): void => void (told += invalidations);
		const stores = [];
		for (let count = 0; count < 3; count++) stores.push(await guarded(redis, outbox, 'guarded', 0, true, listen));
		await redis.kill();
		await Promise.all(stores.map((store) => store.invalidate([freeTag('a')])));
		await redis.restart();
		for (const store of stores)
			await expect.poll(() => store.settled().catch(() => 'away'), { timeout: 8000 }).toBe(undefined);
		await expect.poll(() => told).toBe(stores.length);
	});

	it('that Redis refuses on its own account ends in one of everything, not in a cache that is away for ever', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const store = await guarded(redis, outbox);
		const entry = await put(store);
		// A sorted set is expected there.
		await redis.client.set('guarded:v2:index:{t:broken}', 'text');
		await redis.client.set('guarded:v2:models', 'text');
		const state = { version: 1, snapshot: null, systemFingerprint: null, changedAt: null };
		await store.setModelState('openai', 'gpt-4o', state);
		await expect.poll(() => outbox.pending(), { timeout: 8000 }).toEqual([]);
		expect((await store.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
	});
});

describe('a process whose packets to Redis are lost without a word', () => {
	it('is heard of through the outbox by another that is asked, well within a second', async () => {
		const redis = await redisWith();
		const proxy = await startTcpProxy(redis.port);
		const outbox = new MemoryOutbox();
		const reader = await guarded(redis, outbox);
		const url = `redis://127.0.0.1:${proxy.port}`;
		const writer = await guarded({ url, connectTimeoutMs: 2000 }, outbox);
		const entry = await put(reader, { freeTags: ['a'] });
		proxy.swallow();
		const began = performance.now();
		writer.invalidate([freeTag('a')]).catch(() => {});
		await expect
			.poll(
				() =>
					reader.lookup([lookupOf(entry)]).then(
						([found]) => found?.state ?? 'gone',
						() => 'away',
					),
				{ interval: 5 },
			)
			.toMatch(/invalidated|gone/);
		expect(performance.now() - began).toBeLessThan(700);
		proxy.letGo();
		await proxy.close();
	});

	it('is heard of by one that was asked nothing for a while before it answers', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const reader = await guarded(redis, outbox, 'guarded', 0, true, undefined, 3_600_000);
		const entry = await put(reader, { freeTags: ['a'] });
		await new Promise((resolve) => setTimeout(resolve, 1100));
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		const [found] = await reader.lookup([lookupOf(entry)]);
		expect(found?.state).not.toBe('fresh');
	});
});

describe('an invalidation while Redis is known to be away', () => {
	it.each<[string, (redis: TestRedis) => unknown]>([
		['gone', (redis) => redis.kill()],
		['hanging', (redis) => redis.freeze()],
	])('is accepted as soon as the outbox has it: one that is %s', async (_, goAway) => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const store = await guarded(redis, outbox);
		await goAway(redis);
		const first = store.invalidate([freeTag('a')]).catch(() => {});
		await expect.poll(() => outbox.pending(), { interval: 5 }).toHaveLength(1);
		const began = performance.now();
		await store.invalidate([freeTag('b')]);
		expect(performance.now() - began).toBeLessThan(30);
		expect(await outbox.pending()).toHaveLength(2);
		redis.thaw();
		await first;
	});
});

describe('a Redis that stood still', () => {
	it('is not believed before the outbox was looked into: it may answer reads before earlier writes', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const reader = await guarded(redis, outbox);
		const entry = await put(reader, { freeTags: ['a'] });
		redis.freeze();
		const asked = [1, 2, 3].map(() => reader.lookup([lookupOf(entry)]).catch(() => []));
		await new Promise((resolve) => setTimeout(resolve, 150));
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		asked.push(reader.lookup([lookupOf(entry)]).catch(() => []));
		redis.thaw();
		for (const found of await Promise.all(asked)) expect(found[0]?.state).not.toBe('fresh');
	});
});

describe('a Redis that comes back from an older snapshot', () => {
	it('gives nothing back that was invalidated since', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const [store, other] = [await guarded(redis, outbox), await guarded(redis, outbox)];
		const entry = await put(store, { freeTags: ['a'] });
		await redis.client.save();
		await store.invalidate([freeTag('a')]);
		expect(await outbox.pending()).toEqual([]);
		await redis.kill();
		const asked = Promise.all([neverFresh(store, entry), neverFresh(other, entry)]);
		await redis.restart();
		await asked;
		const again = await put(other, { freeTags: ['a'] });
		expect((await store.lookup([lookupOf(again)]))[0]?.state).toBe('fresh');
	});

	it('keeps nothing, even if nothing was invalidated since: nobody can know', async () => {
		const redis = await redisWith();
		const store = await guarded(redis, new MemoryOutbox());
		const entry = await put(store, { freeTags: ['a'] });
		await redis.client.save();
		await redis.kill();
		const asked = neverFresh(store, entry);
		await redis.restart();
		await asked;
	});

	it('keeps its entries if it writes each command to disk', async () => {
		const redis = await redisWith(SURVIVING);
		const store = await guarded(redis, new MemoryOutbox());
		await store.invalidate([freeTag('a')]);
		const entry = await put(store, { freeTags: ['a'] });
		await redis.kill();
		await redis.restart();
		await expect
			.poll(async () => (await store.lookup([lookupOf(entry)]).catch(() => []))[0]?.state, { timeout: 5000 })
			.toBe('fresh');
	});
});
