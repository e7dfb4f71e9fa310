import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeTag } from '../../../src/cache/tags/tags.ts';
import type { Found } from '../../../src/cache/entry.ts';
import { newId } from '../../../src/cache/ids.ts';
import { MAX_NAMES } from '../../../src/stores/redis/entries/read-batcher.ts';
import { commitTo, lookupOf, put } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { type RedisHarness, redisHarness } from './support.ts';

let redis: TestRedis;
let watcher: Redis;
beforeAll(async () => {
	redis = await startRedis();
	watcher = await redis.client.duplicate({ lazyConnect: false }).monitor();
});
afterAll(async () => {
	watcher.disconnect();
	await redis.stop();
});

/**
 * Names of the commands that Redis was sent during the work, those that read with how many values; hints and what
 * scripts call are left out.
 */
async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
	const names: string[] = [];
	const [start, end] = [newId(), newId()];
	let began = false;
	let ended = (): void => {};
	const heard = new Promise<void>((resolve) => (ended = resolve));
	const listen = (_time: string, [name = '', script = '', ...more]: string[], source: string): void => {
		if (script === start) began = true;
		else if (script === end) ended();
		else if (began && source !== 'lua' && name !== 'publish') {
			names.push(name === 'mget' ? `mget ${1 + more.length}` : name.toLowerCase());
		}
	};
	watcher.on('monitor', listen);
	await redis.client.echo(start);
	await work();
	await redis.client.echo(end);
	await heard;
	watcher.off('monitor', listen);
	return names;
}

async function withHarness(firstLevelBytes: number, test: (harness: RedisHarness) => Promise<void>): Promise<void> {
	const harness = await redisHarness(redis, { firstLevelBytes });
	try {
		await test(harness);
	} finally {
		await harness.stop();
	}
}

describe('the commands of a look-up', () => {
	it('are one for a hit, with all the tokens', () =>
		withHarness(0, async (harness) => {
			const entry = await put(harness, { content: [{ collection: 'articles', items: ['1'] }], freeTags: ['a'] });
			// The number of the last invalidation is read as well.
			const names = 2 + entry.meta.tags.length;
			expect(await commandsOf(() => harness.store.lookup([lookupOf(entry)]))).toEqual([`mget ${names}`, 'role']);
		}));

	it('are few for a batch of 500', () =>
		withHarness(0, async (harness) => {
			const entries = Array.from({ length: 500 }, (_, index) =>
				sampleEntry(harness.clock, { freeTags: [`tag${index}`] }),
			);
			const reservations = await harness.store.beginMany(entries.map(lookupOf), newId, 60_000);
			const commits = entries.map((entry, index) => ({ reservation: reservations[index]!, entry }));
			expect(new Set(await harness.store.commit(commits))).toEqual(new Set(['stored']));
			let found: unknown[] = [];
			const work = async (): Promise<void> => {
				found = await harness.store.lookup(entries.map(lookupOf));
			};
			const names = 1 + entries.length + new Set(entries.flatMap(({ meta }) => meta.tags)).size;
			const first = MAX_NAMES;
			expect(await commandsOf(work)).toEqual([`mget ${first}`, `mget ${names - first}`, 'role']);
			expect(found).toEqual(entries.map((entry) => ({ entry, state: 'fresh', covers: true })));
		}));

	it('are the same if the process has seen it before, which decodes it no more', () =>
		withHarness(1_000_000, async (harness) => {
			const entry = await put(harness);
			const look = async (): Promise<Found | undefined> => (await harness.store.lookup([lookupOf(entry)]))[0];
			const first = await look();
			expect(await commandsOf(look)).toEqual([expect.stringMatching(/^mget/), 'role']);
			expect((await look())?.entry).toBe(first?.entry);
		}));
});

describe('the commands of a miss that is stored', () => {
	it('are three, whatever it depends on', () =>
		withHarness(1_000_000, async (harness) => {
			const entry = sampleEntry(harness.clock, {
				content: [{ collection: 'articles', items: ['1', '2'] }],
				freeTags: ['a'],
			});
			const work = async (): Promise<void> => {
				expect(await harness.store.lookup([lookupOf(entry)])).toEqual([undefined]);
				expect(await commitTo(harness.store, entry)).toBe('stored');
			};
			// The number of the last invalidation is read as well.
			const names = 2 + entry.meta.tags.length;
			expect(await commandsOf(work)).toEqual([`mget ${names}`, 'role', 'eval', 'eval']);
		}));
});

describe('no command of any operation', () => {
	it('walks the keyspace', () =>
		withHarness(1_000_000, async (harness) => {
			const { store } = harness;
			const names = await commandsOf(async () => {
				const entry = await put(harness, { freeTags: ['a'], content: [{ collection: 'articles' }] });
				await put(harness, { freeTags: ['b'] });
				await store.lookup([lookupOf(entry)]);
				await store.browse({ sort: 'hits', descending: true, limit: 5, cursor: null }, [['*']]);
				await store.browse({ sort: 'size', descending: true, limit: 5, cursor: null }, [[freeTag('a')]]);
				await store.invalidateMatching([[freeTag('b')], ['*']]);
				await (
					await store.invalidate([freeTag('a'), freeTag('c')])
				).counted;
				await (
					await store.invalidate(['*'])
				).counted;
				await store.count(['*']);
				await store.bytesHeld();
				await store.clean();
			});
			expect(names.length).toBeGreaterThan(20);
			expect(names.filter((name) => /^(keys|scan|[hsz]scan|flush.*)$/.test(name))).toEqual([]);
		}));

	it('is sent more often where more hangs on an invalidated tag', () =>
		withHarness(1_000_000, async (harness) => {
			const { store } = harness;
			const acknowledged = async (tag: string): Promise<string[]> => {
				const names = await commandsOf(() => store.invalidate([tag]));
				await expect.poll(() => redis.client.zcard(`${harness.namespace}:v2:sweeps`)).toBe(0);
				return names.slice(0, 1);
			};
			await put(harness, { freeTags: ['one'] });
			for (let index = 0; index < 300; index++) await put(harness, { freeTags: ['many'] });
			const one = await acknowledged(freeTag('one'));
			expect(one).toEqual(['eval']);
			expect(await acknowledged(freeTag('many'))).toEqual(one);
		}));
});

describe('the commands of an invalidation of what nothing depends on', () => {
	it.each([
		[1, 1],
		[40, 1],
		[2500, 3],
	])('of %i tags are %i', (tags, commands) =>
		withHarness(1_000_000, async ({ store }) => {
			const all = Array.from({ length: tags }, (_, index) => freeTag(`nothing ${index}`));
			const work = async () => (await store.invalidate(all)).counted;
			expect(await commandsOf(work)).toEqual(Array.from({ length: commands }, () => 'eval'));
		}),
	);
});
