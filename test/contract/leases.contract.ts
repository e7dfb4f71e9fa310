import { describe, expect, it } from 'vitest';
import { allTag, freeTag } from '../../src/cache/tags/tags.ts';
import { newId } from '../../src/cache/ids.ts';
import { answers, commitTo, LEASE_MS, lookupOf, reserve, type StoreHarness } from './harness.ts';
import { sampleEntry } from './fixtures.ts';

/** Longer than any test may take: whoever waits this long was not woken. */
const FOREVER_MS = 60_000;
/** Runs out within the test, but not before the next command of a busy machine. */
const SHORT_MS = 400;

export function leasesContract(harness: () => StoreHarness): void {
	describe('reservations', () => {
		it('gives a key to one process at a time', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const begin = { ...lookupOf(entry), owner: newId(), force: false, leaseMs: LEASE_MS };
			const mine = await reserve(store, lookupOf(entry));
			expect(await other.begin(begin)).toBeNull();
			expect(await store.begin(begin)).toBeNull();
			expect(await store.commit([{ reservation: mine, entry }])).toEqual(['stored']);
			expect(await other.begin(begin)).not.toBeNull();
		});

		it('lets one take it by force, and refuses what the former holder commits', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const former = await reserve(store, lookupOf(entry));
			const newer = sampleEntry(clock, { key: entry.meta.key, body: 'newer' });
			const holder = await reserve(other, lookupOf(newer), true);
			expect(await store.commit([{ reservation: former, entry }])).toEqual(['superseded']);
			expect(await other.commit([{ reservation: holder, entry: newer }])).toEqual(['stored']);
			expect((await store.lookup([lookupOf(entry)]))[0]?.entry.body).toEqual(newer.body);
		});

		it('leaves an older entry answering where its replacement was superseded', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			await commitTo(store, entry);
			const former = await reserve(store, lookupOf(entry));
			const holder = await reserve(other, lookupOf(entry), true);
			expect(await store.commit([{ reservation: former, entry }])).toEqual(['superseded']);
			await other.release(holder);
			expect(await answers(other, entry)).toBe(true);
			const { counted } = await store.invalidate([allTag()]);
			expect(await counted).toMatchObject({ entries: 1 });
		});

		it('ends by itself, so that a process that died holds up nobody', async () => {
			const { store, other, clock, pass } = harness();
			const entry = sampleEntry(clock);
			const died = await store.begin({ ...lookupOf(entry), owner: newId(), force: false, leaseMs: SHORT_MS });
			await pass(SHORT_MS + 30);
			const next = await reserve(other, lookupOf(entry));
			expect(await store.commit([{ reservation: died!, entry }])).toEqual(['superseded']);
			expect(await other.commit([{ reservation: next, entry }])).toEqual(['stored']);
		});

		it('lasts longer when renewed, by its holder alone', async () => {
			const { store, other, clock, pass } = harness();
			const entry = sampleEntry(clock);
			const mine = await store.begin({ ...lookupOf(entry), owner: newId(), force: false, leaseMs: SHORT_MS });
			expect(await store.renew(mine!, LEASE_MS)).toBe(true);
			await pass(SHORT_MS + 30);
			const taken = await reserve(other, lookupOf(entry), true);
			expect(await store.renew(mine!, LEASE_MS)).toBe(false);
			expect(await other.commit([{ reservation: taken, entry }])).toEqual(['stored']);
			expect(await other.renew(taken, LEASE_MS)).toBe(false);
		});

		it('goes to the next once released, and wakes those who wait in another process', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const mine = await reserve(store, lookupOf(entry));
			const woken = Promise.all([
				other.waitFor(entry.meta.key, FOREVER_MS),
				other.waitFor(entry.meta.key, FOREVER_MS),
				store.waitFor(entry.meta.key, FOREVER_MS),
			]);
			await store.release(mine);
			await woken;
			expect(await reserve(other, lookupOf(entry))).toMatchObject({ key: entry.meta.key });
		});

		it('wakes those who wait when the answer is stored', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const mine = await reserve(store, lookupOf(entry));
			const woken = other.waitFor(entry.meta.key, FOREVER_MS);
			await store.commit([{ reservation: mine, entry }]);
			await woken;
			expect(await answers(other, entry)).toBe(true);
		});

		it('keeps nobody waiting for a reservation that is over, or for longer than asked', async () => {
			const { store, other, clock } = harness();
			await other.waitFor('openai:gpt-4o:nobody', FOREVER_MS);
			const entry = sampleEntry(clock);
			await reserve(store, lookupOf(entry));
			await other.waitFor(entry.meta.key, 20);
			const short = sampleEntry(clock);
			await store.begin({ ...lookupOf(short), owner: newId(), force: false, leaseMs: 50 });
			await other.waitFor(short.meta.key, FOREVER_MS);
		});

		it('may be released twice, or after its commit, without harm', async () => {
			const { store, clock } = harness();
			const entry = sampleEntry(clock, { freeTags: ['kept'] });
			const stored = await reserve(store, lookupOf(entry));
			await store.commit([{ reservation: stored, entry }]);
			await store.release(stored);
			const tried = await reserve(store, lookupOf(entry));
			await store.release(tried);
			await store.release(tried);
			expect(await answers(store, entry)).toBe(true);
			const { counted } = await store.invalidate([freeTag('kept')]);
			expect(await counted).toMatchObject({ entries: 1 });
			expect(await answers(store, entry)).toBe(false);
		});

		it('leaves a batch nothing to wait for', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const former = await reserve(other, lookupOf(entry));
			const [mine] = await store.beginMany([lookupOf(entry)], newId, LEASE_MS);
			expect(await other.commit([{ reservation: former, entry }])).toEqual(['superseded']);
			expect(await store.commit([{ reservation: mine!, entry }])).toEqual(['stored']);
		});
	});
}
