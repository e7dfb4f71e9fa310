import { describe, expect, it } from 'vitest';
import { collectionTag, freeTag } from '../../src/cache/tags/tags.ts';
import { newId } from '../../src/cache/ids.ts';
import {
	answers,
	commitTo,
	LEASE_MS,
	lookupOf,
	MAX_ENTRY_BYTES,
	put,
	reserve,
	STALE_SECONDS,
	type StoreHarness,
} from './harness.ts';
import { sampleEntry, section } from './fixtures.ts';

export function entriesContract(harness: () => StoreHarness): void {
	describe('entries', () => {
		it('finds nothing where nothing was stored', async () => {
			const { store, clock } = harness();
			expect(await store.lookup([lookupOf(sampleEntry(clock))])).toEqual([undefined]);
			expect(await store.read('openai:gpt-4o:none')).toBeUndefined();
		});

		it('answers what was committed, byte for byte, here and in another process', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock, { content: [{ collection: 'articles', items: ['1'] }], freeTags: ['a b'] });
			entry.body = { codec: 'gzip', length: 9000, bytes: Buffer.from([31, 139, 0, 255, 10, 13, 128]) };
			const reservation = await reserve(store, lookupOf(entry));
			expect(reservation.replaces).toBeUndefined();
			expect(await store.commit([{ reservation, entry }])).toEqual(['stored']);
			for (const process of [store, other]) {
				expect(await process.lookup([lookupOf(entry)])).toEqual([{ entry, state: 'fresh', covers: true }]);
			}
		});

		it('answers a request that declares less, and none that declares more', async () => {
			const { store } = harness();
			const entry = await put(harness(), { freeTags: ['known'] });
			const less = { key: entry.meta.key, tags: entry.meta.tags.slice(0, 2) };
			const more = { key: entry.meta.key, tags: [...entry.meta.tags, collectionTag('articles')] };
			const [narrow, wide] = await store.lookup([less, more]);
			expect(narrow).toMatchObject({ state: 'fresh', covers: true });
			expect(wide).toMatchObject({ state: 'fresh', covers: false });
		});

		it('keeps an expired entry for stale answers as long as configured, never as a fresh one', async () => {
			const { store, clock } = harness();
			const entry = await put(harness(), { ttl: 60 });
			await store.lookup([lookupOf(entry)]);
			clock.advanceSeconds(59.999);
			expect(await answers(store, entry)).toBe(true);
			clock.advance(1);
			expect(await store.lookup([lookupOf(entry)])).toMatchObject([{ state: 'expired', covers: true }]);
			clock.advanceSeconds(STALE_SECONDS);
			expect(await store.lookup([lookupOf(entry)])).toEqual([undefined]);
		});

		it('replaces an entry in every process that had seen the one before', async () => {
			const { store, other, clock } = harness();
			const first = await put(harness(), { body: 'first' });
			for (const process of [store, other]) expect(await answers(process, first)).toBe(true);
			const second = sampleEntry(clock, { key: first.meta.key, body: 'second' });
			const reservation = await reserve(store, lookupOf(second));
			expect(reservation.replaces?.entry.body).toEqual(first.body);
			expect(await store.commit([{ reservation, entry: second }])).toEqual(['stored']);
			expect((await store.lookup([lookupOf(second)]))[0]?.entry.body).toEqual(second.body);
			await expect
				.poll(async () => (await other.lookup([lookupOf(second)]))[0]?.entry.body.bytes.toString())
				.toBe('second');
		});

		it.each(['body', 'request'] as const)('refuses an entry whose %s is over the limit', async (part) => {
			const { store, clock } = harness();
			const large = sampleEntry(clock, { [part]: 'x'.repeat(MAX_ENTRY_BYTES + 1) });
			expect(await commitTo(store, large)).toBe('too_large');
			expect(await store.lookup([lookupOf(large)])).toEqual([undefined]);
			expect(await store.count(large.meta.tags)).toEqual(large.meta.tags.map(() => 0));
			const exact = { ...large, [part]: section('x'.repeat(MAX_ENTRY_BYTES)) };
			expect(await commitTo(store, exact)).toBe('stored');
			expect(await answers(store, exact)).toBe(true);
		});

		it('answers a batch in its order, each by itself', async () => {
			const { store, other, clock } = harness();
			const entries = Array.from({ length: 12 }, (_, index) => sampleEntry(clock, { freeTags: [`n${index % 3}`] }));
			entries[5] = { ...entries[5]!, body: section('x'.repeat(MAX_ENTRY_BYTES + 1)) };
			const reservations = await store.beginMany(entries.map(lookupOf), newId, LEASE_MS);
			await store.invalidate([freeTag('n1')]);
			const commits = entries.map((entry, index) => ({ reservation: reservations[index]!, entry }));
			const expected = entries.map((_, index) =>
				index === 5 ? 'too_large' : index % 3 === 1 ? 'invalidated' : 'stored',
			);
			expect(await store.commit(commits)).toEqual(expected);
			const found = await other.lookup(entries.map(lookupOf));
			expect(found.map((one) => one?.entry.meta.key)).toEqual(
				entries.map(({ meta }, index) => (expected[index] === 'stored' ? meta.key : undefined)),
			);
		});

		it('answers an empty batch', async () => {
			const { store } = harness();
			expect(await store.lookup([])).toEqual([]);
			expect(await store.commit([])).toEqual([]);
			expect(await store.beginMany([], newId, LEASE_MS)).toEqual([]);
		});

		it('reads an entry whatever its state, with its size and the hits that were added', async () => {
			const { store, other, clock } = harness();
			const entry = await put(harness(), { ttl: 60 });
			await store.addHits(new Map([[entry.meta.key, 3]]));
			await other.addHits(
				new Map([
					[entry.meta.key, 2],
					['openai:gpt-4o:unknown', 7],
				]),
			);
			clock.advanceSeconds(61);
			const read = await other.read(entry.meta.key);
			expect(read).toMatchObject({ entry, hits: 5 });
			expect(read?.size).toBeGreaterThan(entry.body.bytes.length + entry.request.bytes.length);
		});

		it('says how many bytes it holds', async () => {
			const { store } = harness();
			await put(harness(), { body: 'x'.repeat(5000) });
			expect(await store.bytesHeld()).toBeGreaterThan(5000);
		});

		it('drops and reports an entry that cannot be decoded', async () => {
			const { store, damage, undecodable } = harness();
			if (!damage) return;
			const kept = await put(harness());
			for (const bytes of [Buffer.alloc(0), Buffer.from('{"text":"of something else"}'), Buffer.alloc(500, 1)]) {
				const entry = await put(harness());
				await damage(entry.meta.key, bytes);
				undecodable.length = 0;
				expect((await store.lookup([lookupOf(entry), lookupOf(kept)])).map((found) => found?.state)).toEqual([
					undefined,
					'fresh',
				]);
				expect(undecodable).toEqual([entry.meta.key]);
				await expect.poll(() => store.read(entry.meta.key)).toBeUndefined();
				const again = await commitTo(store, entry);
				expect(again).toBe('stored');
				expect(await answers(store, entry)).toBe(true);
			}
		});
	});
}
