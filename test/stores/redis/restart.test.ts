import { afterEach, describe, expect, it } from 'vitest';
import { freeTag } from '../../../src/cache/tags/tags.ts';
import type { RedisStore } from '../../../src/stores/redis/redis-store.ts';
import { answers, commitTo } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectionTo, newNamespace, openRedisStore, withDocumentedRights } from './support.ts';

const LOSES_NOTHING = ['--appendonly', 'yes', '--appendfsync', 'always'];
const clock = { now: () => Date.now() };
const namespace = newNamespace();
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(args: string[] = []): Promise<TestRedis> {
	const redis = await startRedis({ args });
	stops.push(() => redis.stop());
	return redis;
}

/** A process that has just been started, as far as it goes before it reads. */
async function newProcess(redis: Pick<TestRedis, 'url'>): Promise<RedisStore> {
	const store = await openRedisStore({ connection: connectionTo(redis), namespace, clock });
	stops.push(() => store.close());
	await store.catchUp();
	return store;
}

/** Stores two answers, takes a snapshot, and invalidates one of them. */
async function invalidatedAfterSnapshot(redis: TestRedis, store: RedisStore) {
	const [gone, kept] = [sampleEntry(clock, { freeTags: ['gone'] }), sampleEntry(clock, { freeTags: ['kept'] })];
	kept.meta.key += ':kept';
	for (const entry of [gone, kept]) await commitTo(store, entry, true);
	await redis.client.save();
	await store.invalidate([freeTag('gone')]);
	return { gone, kept };
}

describe('a Redis that is started again while no process runs', () => {
	it('answers nothing from its older snapshot, whatever a process that has just been started asks', async () => {
		const redis = await start();
		const before = await newProcess(redis);
		const { gone } = await invalidatedAfterSnapshot(redis, before);
		await before.close();
		await redis.restart();
		const after = await newProcess(redis);
		expect(await answers(after, gone)).toBe(false);
		expect(await answers(await newProcess(redis), gone)).toBe(false);
	});

	it('keeps what it has where it loses nothing and says so', async () => {
		const redis = await start(LOSES_NOTHING);
		const before = await newProcess(redis);
		const { gone, kept } = await invalidatedAfterSnapshot(redis, before);
		await before.close();
		await redis.restart();
		const after = await newProcess(redis);
		expect([await answers(after, gone), await answers(after, kept)]).toEqual([false, true]);
	});

	it('keeps nothing where its user may not ask whether it loses anything', async () => {
		const redis = await start(LOSES_NOTHING);
		const before = await newProcess(await withDocumentedRights(redis));
		const { kept } = await invalidatedAfterSnapshot(redis, before);
		await before.close();
		await redis.restart();
		expect(await answers(await newProcess(await withDocumentedRights(redis)), kept)).toBe(false);
	});
});

describe('a Redis that goes on', () => {
	it('keeps what it has when every process is started again', async () => {
		const redis = await start();
		const before = await newProcess(redis);
		const { gone, kept } = await invalidatedAfterSnapshot(redis, before);
		await before.close();
		const after = await newProcess(redis);
		expect([await answers(after, gone), await answers(after, kept)]).toEqual([false, true]);
	});

	it('is vouched for by a process that saw it come back, to those that were not there', async () => {
		const redis = await start();
		const witness = await newProcess(redis);
		await redis.restart();
		await expect.poll(async () => (await witness.health()).hints, { timeout: 10_000 }).toBe('up');
		await witness.catchUp();
		const { gone, kept } = await invalidatedAfterSnapshot(redis, witness);
		const late = await newProcess(redis);
		expect([await answers(late, gone), await answers(late, kept)]).toEqual([false, true]);
	});
});
