import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freeTag, SETTINGS_TAG } from '../../../../src/cache/tags/tags.ts';
import { newId } from '../../../../src/cache/ids.ts';
import { answers, lookupOf, put, reserve } from '../../../contract/harness.ts';
import { sampleEntry } from '../../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { redisHarness } from '../support.ts';

const MALFORMED = [
	'{"kind":"done"}',
	'{"done":null}',
	'{"done":{"length":3}}',
	'{"done":[1,2]}',
	'{"done":[["a"]]}',
	`{"done":["${'x'.repeat(5000)}"]}`,
	'[]',
	'null',
	'17',
	'"text"',
	'',
	'{',
	'1 {"from":"x","id":"y","tags":17}',
	Buffer.from([0, 255, 254, 10, 13]),
];

let redis: TestRedis;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

describe('malformed messages on the channel of hints', () => {
	it('leave the process alive, wake those who wait, and harm no invalidation that follows', async () => {
		const harness = await redisHarness(redis);
		const { store, other, namespace, errors } = harness;
		const entry = await put(harness, { freeTags: ['a'] });
		const waiting = store.waitFor('openai:gpt-4o:under-way', 60_000);
		for (const message of MALFORMED) await redis.client.publish(`${namespace}:v2:hints`, message);
		await waiting;
		await expect.poll(() => errors.length).toBe(2 * MALFORMED.length);
		expect(await answers(store, entry)).toBe(true);
		await other.invalidate([freeTag('a')]);
		expect(await answers(store, entry)).toBe(false);
		await harness.stop();
	});
});

describe('a hint that is lost', () => {
	it('costs those who wait no more than the time until they look by themselves', async () => {
		const harness = await redisHarness(redis);
		const { store, other, clock } = harness;
		const entry = sampleEntry(clock);
		const reservation = await reserve(other, lookupOf(entry));
		await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
		const waiting = store.waitFor(entry.meta.key, 100);
		await other.commit([{ reservation, entry }]);
		await waiting;
		expect(await answers(store, entry)).toBe(true);
		expect((await store.health()).connected).toBe(true);
		await harness.stop();
	});
});

describe('values in Redis that nothing of this bundle has written', () => {
	it.each(['', '{', 'null', '[]', '17', '"text"', '{"version":"2"}', '{"id":1,"at":2,"cause":3}'])(
		'as %s are passed over',
		async (garbage) => {
			const harness = await redisHarness(redis);
			const { store, namespace, clock } = harness;
			const name = (rest: string): string => `${namespace}:v2:${rest}`;
			const entry = await put(harness, { freeTags: ['a'] });
			const { client } = redis;
			await client.hset(name('models'), 'openai/gpt-4o', garbage);
			await client.lpush(name('journal'), garbage);
			await client.hset(name('journal:collections'), 'articles', garbage);
			await client.set(name('token:{t:a}'), garbage);
			await client.set(name(`token:{${SETTINGS_TAG}}`), garbage);
			await client.set(name('{bus}:run'), garbage);
			await client.set(name('entry:{openai:gpt-4o:garbage}'), garbage);
			expect((await store.modelStates()).size).toBe(0);
			expect(await store.readJournal(10, null)).toEqual([]);
			expect(await store.lastInvalidations()).toEqual({});
			expect(await answers(store, entry)).toBe(false);
			expect(await store.lookup([{ key: 'openai:gpt-4o:garbage', tags: [] }])).toEqual([undefined]);
			await store.catchUp();
			const state = { version: 3, snapshot: null, systemFingerprint: null, changedAt: null };
			await store.setModelState('openai', 'gpt-4o', state);
			expect((await store.modelStates()).get('openai/gpt-4o')).toEqual(state);
			const again = sampleEntry(clock, { freeTags: ['a'] });
			const reservation = await store.begin({ ...lookupOf(again), owner: newId(), force: true, leaseMs: 1000 });
			expect(await store.commit([{ reservation: reservation!, entry: again }])).toEqual(['stored']);
			await harness.stop();
		},
	);

	it('in place of the number of the last invalidation count as a loss', async () => {
		const harness = await redisHarness(redis);
		const { store, namespace } = harness;
		const entry = await put(harness, { freeTags: ['a'] });
		await store.invalidate([freeTag('b')]);
		await redis.client.set(`${namespace}:v2:{bus}:sequence`, '');
		await expect(store.lookup([lookupOf(entry)])).rejects.toThrow('lost invalidations');
		await redis.client.del(`${namespace}:v2:{bus}:sequence`);
		await store.catchUp();
		expect(await answers(store, entry)).toBe(false);
		await harness.stop();
	});
});
