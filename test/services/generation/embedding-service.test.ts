import { fork } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { NotCachedError, StoreUnavailableError } from '../../../src/cache/errors.ts';
import type { Store } from '../../../src/cache/store.ts';
import { connectionTo, newNamespace, openRedisStore } from '../../stores/redis/support.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { PLACE_MS, startEmbedding } from '../support/embedding.ts';

let redis: TestRedis;
let provider: ProviderEmulator;
let namespace: string;
let store: Store;
beforeAll(async () => {
	[redis, provider] = await Promise.all([startRedis(), startProviderEmulator()]);
});
afterAll(async () => {
	await Promise.all([redis.stop(), provider.stop()]);
});
beforeEach(async () => {
	namespace = newNamespace();
	store = await openRedisStore({ connection: connectionTo(redis), namespace });
	provider.reset();
});
afterEach(() => store.close());

const start = () => startEmbedding(store, provider.baseUrls.openai);

/** Time passes for Redis itself. */
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('an embedding', () => {
	it('whose process is killed on the way holds up the next who asks for no longer than any other answer', async () => {
		const release = provider.hold();
		const arguments_ = [redis.url, namespace, provider.baseUrls.openai, 'A'];
		const child = fork(new URL('../support/embedding-process.ts', import.meta.url), arguments_, {
			stdio: 'inherit',
			execArgv: [],
		});
		await provider.whenCalled(1);
		child.kill('SIGKILL');
		release();
		const killed = performance.now();
		const { facts } = await start().ask('A');
		expect(facts).toMatchObject({ status: 'MISS', stored: true });
		expect(performance.now() - killed).toBeLessThan(PLACE_MS + 1500);
	});

	it('that takes longer than its place lasts unrenewed is still made once for two processes', async () => {
		const other = await openRedisStore({ connection: connectionTo(redis), namespace });
		const release = provider.hold();
		const first = start().ask('A');
		await provider.whenCalled(1);
		const second = startEmbedding(other, provider.baseUrls.openai).ask('A');
		await pass(2 * PLACE_MS);
		release();
		const answers = await Promise.all([first, second]);
		expect(answers.map(({ facts: { status } }) => status)).toEqual(['MISS', 'COALESCED']);
		expect(provider.calls()).toBe(1);
		await other.close();
	});

	it('is kept for itself up to as many as OpenAI takes: a request for more is one, and no work for each', () => {
		const inputs = Array.from({ length: 2048 }, (_, index) => String(index));
		expect([start().sharesOut(inputs), start().sharesOut([...inputs, 'one more'])]).toEqual([true, false]);
	});

	it('says that it is stored where it is', async () => {
		const { ask } = start();
		expect((await ask(['A', 'B'])).facts).toMatchObject({ status: 'MISS', stored: true });
		expect((await ask('A')).facts).toMatchObject({ status: 'HIT', stored: true });
		const commit = store.commit.bind(store);
		store.commit = () => Promise.reject(new Error('ECONNRESET'));
		expect((await ask(['C', 'D'])).facts).toMatchObject({ status: 'MISS', stored: false });
		store.commit = (commits) => commit(commits).then(() => commits.map(() => 'invalidated'));
		expect((await ask('E')).facts).toMatchObject({ status: 'MISS', stored: false });
	});

	it('asks a store nothing more that did not answer the first time', async () => {
		const { ask } = start();
		const lookup = vi.spyOn(store, 'lookup').mockRejectedValue(new StoreUnavailableError('it hangs'));
		const reserve = vi.spyOn(store, 'beginMany');
		const begin = vi.spyOn(store, 'begin');
		expect((await ask(['A', 'B'])).facts).toMatchObject({ status: 'BYPASS', stored: false });
		expect([lookup, reserve, begin].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0]);
	});

	it('that only the cache may give, and that is not there, is a miss and no call', async () => {
		const { ask, counts } = start();
		await expect(ask(['A', 'B'], { mode: 'only-if-cached' })).rejects.toThrow(NotCachedError);
		expect(await counts()).toMatchObject({ misses: 1, hits: 0, errors: 0 });
		expect(provider.calls()).toBe(0);
	});
});
