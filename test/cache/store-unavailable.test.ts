import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { StoreUnavailableError } from '../../src/cache/errors.ts';
import type { Store } from '../../src/cache/store.ts';
import { StoreBudget } from '../../src/cache/generation/store-deadline.ts';
import { fakeClock } from '../support/clock.ts';
import { deferred } from './support/deferred.ts';
import { instead, SETTINGS, startEngine, textOf } from './support/engine.ts';

const fails = () => Promise.reject(new Error('ECONNRESET'));
const hangs = () => new Promise<never>(() => {});

describe('a request whose store', () => {
	it.each([
		['fails at the look-up', { lookup: fails }],
		['fails at the reservation', { begin: fails }],
	])('%s goes past the cache and says so', async (_, others) => {
		const engine = startEngine();
		const away = engine.join(instead(engine.store, others));
		const answer = await away.fill('one');
		expect([answer.status, (await answer.outcome).notStored]).toEqual(['BYPASS', 'store_unavailable']);
		expect(await away.counts()).toMatchObject({ bypassed: 1, misses: 0, stored: 0, spent_usd: 0.5 });
	});

	it('fails at the commit is answered, with nothing stored', async () => {
		const engine = startEngine();
		const away = engine.join(instead(engine.store, { commit: fails }));
		const answer = await away.fill('one');
		expect([answer.status, (await answer.outcome).notStored]).toEqual(['MISS', 'store_unavailable']);
		expect((await away.counts()).stored).toBe(0);
	});

	it('is away still makes one call for those who ask at the same time', async () => {
		const engine = startEngine();
		const away = engine.join(instead(engine.store, { lookup: fails, begin: fails }));
		const asking = [away.ask(), away.ask(), away.ask()];
		(await away.upstream.call(1)).answer('one');
		expect((await Promise.all(asking)).map(({ status }) => status)).toEqual(['BYPASS', 'COALESCED', 'COALESCED']);
	});

	it('came back is asked again', async () => {
		const engine = startEngine();
		const lookup = vi.fn(engine.store.lookup.bind(engine.store)).mockImplementationOnce(fails);
		const process = engine.join(instead(engine.store, { lookup }));
		expect((await process.fill('one')).status).toBe('BYPASS');
		expect((await process.fill('two')).status).toBe('MISS');
		expect((await process.ask()).status).toBe('HIT');
	});
});

describe('a request whose store hangs', () => {
	beforeEach(() => {
		vi.useFakeTimers();
		vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 1, active: 0, utilization: 0 });
	});
	afterEach(() => {
		vi.restoreAllMocks();
		vi.useRealTimers();
	});

	it('waits for its budget and no longer, then goes past the cache', async () => {
		const engine = startEngine();
		const hanging = engine.join(instead(engine.store, { lookup: hangs, begin: hangs, commit: hangs }));
		const answer = hanging.ask();
		await vi.advanceTimersByTimeAsync(SETTINGS.storeBudgetMs - 1);
		expect(hanging.upstream.calls).toHaveLength(0);
		await vi.advanceTimersByTimeAsync(2);
		expect(hanging.upstream.calls).toHaveLength(1);
		hanging.upstream.calls[0]!.answer('one');
		expect(await textOf(await answer)).toBe('one');
		expect((await answer).status).toBe('BYPASS');
	});

	it('at the commit gets its answer after one budget more', async () => {
		const engine = startEngine();
		const hanging = engine.join(instead(engine.store, { commit: hangs }));
		let answered = false;
		const answer = hanging.fill('one').finally(() => (answered = true));
		await vi.advanceTimersByTimeAsync(SETTINGS.storeBudgetMs - 1);
		expect(answered).toBe(false);
		await vi.advanceTimersByTimeAsync(2);
		expect((await (await answer).outcome).notStored).toBe('store_unavailable');
	});

	it('gives back a reservation that it got too late', async () => {
		const engine = startEngine();
		const { promise: gate, resolve: open } = deferred<undefined>();
		const begin: Store['begin'] = async (request) => {
			await gate;
			return engine.store.begin(request);
		};
		const slow = engine.join(instead(engine.store, { begin }));
		const answer = slow.ask();
		await vi.advanceTimersByTimeAsync(SETTINGS.storeBudgetMs + 1);
		slow.upstream.calls[0]!.answer('one');
		expect((await answer).status).toBe('BYPASS');
		open(undefined);
		await vi.advanceTimersByTimeAsync(0);
		const next = engine.ask();
		await vi.advanceTimersByTimeAsync(0);
		expect(engine.upstream.calls).toHaveLength(1);
		engine.upstream.calls[0]!.answer('two');
		expect((await next).status).toBe('MISS');
	});

	it('does not count the time of another process’s generation: it is waited for however long it takes', async () => {
		const engine = startEngine();
		const lookup: Store['lookup'] = async (lookups) => {
			// Each look takes time, as over a network: together far more than one budget.
			engine.clock.advance(20);
			return engine.store.lookup(lookups);
		};
		const other = engine.join(instead(engine.store, { lookup }));
		const leading = engine.ask();
		const following = other.ask();
		await vi.advanceTimersByTimeAsync(30_000);
		expect(other.upstream.calls).toHaveLength(0);
		engine.upstream.calls[0]!.answer('one');
		await vi.advanceTimersByTimeAsync(300);
		expect([(await leading).status, (await following).status]).toEqual(['MISS', 'COALESCED']);
	});
});

describe('a store budget', () => {
	it('is used up by all calls together', async () => {
		const clock = fakeClock();
		const budget = new StoreBudget(100, clock);
		const takes = (ms: number) => async () => clock.advance(ms);
		await budget.within(takes(60)());
		await budget.within(takes(60)());
		await expect(budget.within(hangs())).rejects.toThrow(StoreUnavailableError);
	});

	it('hides what the store failed with behind one kind of error, which keeps its cause', async () => {
		const budget = new StoreBudget(100, fakeClock());
		const failure = budget.within(fails());
		await expect(failure).rejects.toThrow(StoreUnavailableError);
		await expect(failure).rejects.toMatchObject({ cause: { message: 'ECONNRESET' } });
	});
});
