import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freeTag } from '../../../../src/cache/tags/tags.ts';
import type { Entry, Found } from '../../../../src/cache/entry.ts';
import type { Store } from '../../../../src/cache/store.ts';
import { MAX_NAMES } from '../../../../src/stores/redis/entries/read-batcher.ts';
import { lookupOf, put } from '../../../contract/harness.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { type RedisHarness, redisHarness } from '../support.ts';

/** Bytes of decoded entries that a process keeps. */
const MODES = [
	['that the process keeps nothing of', 0],
	['that the process has decoded before', 5_000_000],
] as const;

let redis: TestRedis;
let harness: RedisHarness;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => harness.stop());

/** Entries of a tag each, looked up once. */
async function entriesOf(count: number, firstLevelBytes = 5_000_000): Promise<Entry[]> {
	harness = await redisHarness(redis, { firstLevelBytes });
	const entries: Entry[] = [];
	for (let index = 0; index < count; index++) entries.push(await put(harness, { freeTags: [`t${index}`] }));
	await look(harness.store, entries);
	return entries;
}

/** Each by a look-up of its own, all begun at once. */
const look = (store: Store, entries: readonly Entry[]): Promise<(Found | undefined)[]> =>
	Promise.all(entries.map(async (entry) => (await store.lookup([lookupOf(entry)]))[0]));

/** Past this process's event loop: when it returns, Redis has done it. */
function atOnce(...command: string[]): void {
	const { status, stdout } = spawnSync('redis-cli', ['-p', String(redis.port), ...command]);
	if (status !== 0 || stdout.toString().trim() !== '1') throw new Error(`redis-cli: ${stdout.toString()}`);
}

const isFresh = (found: Found | undefined): boolean => found?.state === 'fresh';

describe('look-ups of one turn', () => {
	it.each(MODES)('of 500 entries %s share two commands, and each gets its own entry', async (_, bytes) => {
		const entries = await entriesOf(500, bytes);
		await redis.resetCommandCalls();
		const found = await look(harness.store, entries);
		expect(await redis.commandCalls()).toMatchObject({ mget: Math.ceil((2 * 500 + 4) / MAX_NAMES), role: 1 });
		expect(found).toEqual(entries.map((entry) => ({ entry, state: 'fresh', covers: true })));
	});

	it('of one and the same entry read it once', async () => {
		const [entry] = await entriesOf(1);
		await redis.resetCommandCalls();
		const found = await look(
			harness.store,
			Array.from({ length: 500 }, () => entry!),
		);
		expect(await redis.commandCalls()).toMatchObject({ mget: 1, role: 1 });
		expect(found.every(isFresh)).toBe(true);
	});

	it('are collected from all callbacks of the turn', async () => {
		const entries = await entriesOf(8);
		await redis.resetCommandCalls();
		const looks = entries.map(
			(entry) =>
				new Promise<boolean>((resolve) =>
					process.nextTick(() => resolve(look(harness.store, [entry]).then(([found]) => isFresh(found)))),
				),
		);
		expect(await Promise.all(looks)).not.toContain(false);
		expect(await redis.commandCalls()).toMatchObject({ mget: 1 });
	});

	it('do not fail together: one entry that cannot be read harms none of the others', async () => {
		const entries = await entriesOf(3, 0);
		const damaged = entries[1]!.meta.key;
		await redis.client.setrange(`${harness.namespace}:v2:entry:{${damaged}}`, 60, 'xxxx');
		expect((await look(harness.store, entries)).map((found) => found?.state)).toEqual(['fresh', undefined, 'fresh']);
		expect(harness.undecodable).toEqual([damaged]);
	});

	it('all fail if Redis is away, at once and if it goes while they wait', async () => {
		const entries = await entriesOf(100);
		redis.freeze();
		const looks = Promise.allSettled(entries.map((entry) => harness.store.lookup([lookupOf(entry)])));
		// They have been sent.
		await new Promise((resolve) => setTimeout(resolve, 50));
		await redis.kill();
		expect((await looks).every(({ status }) => status === 'rejected')).toBe(true);
		const more = await Promise.allSettled(entries.map((entry) => harness.store.lookup([lookupOf(entry)])));
		expect(more.every(({ status }) => status === 'rejected')).toBe(true);
		await redis.restart();
	});
});

describe('a look-up that joins others which began before', () => {
	it.each(MODES)('gets nothing of an entry %s if it was removed before it began', async (_, bytes) => {
		const [entry] = await entriesOf(1, bytes);
		const before = look(harness.store, [entry!, entry!]);
		atOnce('unlink', `${harness.namespace}:v2:entry:{${entry!.meta.key}}`);
		expect(await look(harness.store, [entry!])).toEqual([undefined]);
		await before;
	});

	it.each(MODES)('gets nothing of an entry %s if its tag was invalidated before it began', async (_, bytes) => {
		const [entry] = await entriesOf(1, bytes);
		const before = look(harness.store, [entry!, entry!]);
		atOnce('unlink', `${harness.namespace}:v2:token:{${freeTag('t0')}}`);
		const [found] = await look(harness.store, [entry!]);
		expect(found?.state).toBe('invalidated');
		await before;
	});

	it.each(MODES)('never gets what was invalidated, of entries %s', { timeout: 60_000 }, async (_, bytes) => {
		const TAGS = 4;
		await entriesOf(0, bytes);
		let ended = false;
		let entries: Entry[] = [];
		const others = async (): Promise<void> => {
			while (!ended) {
				await look(harness.store, entries);
				await new Promise((resolve) => setImmediate(resolve));
			}
		};
		const busy = [others(), others(), others()];
		const answered: boolean[] = [];
		let stale = 0;
		for (let round = 0; round < 300; round++) {
			const tags = Array.from({ length: TAGS }, (_, index) => `r${round}-${index}`);
			entries = await Promise.all(tags.map((tag) => put(harness, { freeTags: [tag] })));
			answered.push(...(await look(harness.store, entries)).map(isFresh));
			const revoke = async (entry: Entry, index: number): Promise<void> => {
				const by = (round + index) % 2 === 0 ? harness.store : harness.other;
				await by.invalidate([freeTag(tags[index]!)]);
				const [found] = await look(harness.store, [entry]);
				if (isFresh(found)) stale++;
			};
			await Promise.all(entries.map(revoke));
		}
		ended = true;
		await Promise.all(busy);
		expect(stale).toBe(0);
		expect(answered).not.toContain(false);
	});
});
