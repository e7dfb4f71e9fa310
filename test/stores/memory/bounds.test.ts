import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { allTag, collectionTag, freeTag } from '../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { CostTier } from '../../../src/shared/api-types.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import { commitTo, JOURNAL_ROWS, lookupOf, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { fakeClock } from '../../support/clock.ts';

const clock = fakeClock();
const storeOf = (maxBytes: number): MemoryStore =>
	new MemoryStore({
		maxBytes,
		maxEntryBytes: MAX_ENTRY_BYTES,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
		clock,
	});

/** Bytes in use once all that can be given back was. */
function bytesInUse(): number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

describe('the memory store’s bound', () => {
	it('is that of the process’s memory, within a tenth, while many times as much passes through', async () => {
		const maxBytes = 32 * 2 ** 20;
		const store = storeOf(maxBytes);
		const text = 'x'.repeat(5000);
		const before = bytesInUse();
		for (let index = 0; index < 40_000; index++) {
			const body = text.slice(0, 500 + ((index * 7919) % 3500));
			const content = [{ collection: 'articles', items: [String(index % 700)] }];
			const entry = sampleEntry(clock, { body, content, freeTags: [`f${index % 50}`] });
			await commitTo(store, entry);
			if (index % 2) await store.lookup([lookupOf(entry)]);
		}
		const used = bytesInUse() - before;
		expect(used / maxBytes).toBeGreaterThan(0.9);
		expect(used / maxBytes).toBeLessThan(1.1);
		expect(await store.bytesHeld()).toBeLessThanOrEqual(maxBytes);
		await store.close();
	});

	it('holds for what is remembered for warming as well', async () => {
		const maxBytes = 10 * 2 ** 20;
		const store = storeOf(maxBytes);
		const before = bytesInUse();
		for (let index = 0; index < 2000; index++) {
			await store.addRequested(new Map([[`request-${index}`, { count: 1, record: Buffer.alloc(60_000, index) }]]));
		}
		const used = bytesInUse() - before;
		expect(used).toBeLessThan(0.2 * maxBytes);
		expect(await store.bytesHeld()).toBeGreaterThan(0.05 * maxBytes);
		expect((await store.topRequested(1))[0]?.record).toHaveLength(60_000);
		await store.close();
	});

	it('counts to nothing when everything is gone', async () => {
		const store = storeOf(300_000);
		for (let index = 0; index < 500; index++) {
			const entry = sampleEntry(clock, { body: 'x'.repeat(2000), freeTags: [`t${index}`] });
			await commitTo(store, entry);
			await store.lookup([lookupOf(entry)]);
			await store.read(sampleEntry(clock).meta.key);
		}
		for (const page of (await store.browse({ sort: 'size', descending: true, limit: 500, cursor: null }, [['*']]))
			.entries) {
			await store.read(page.entry.meta.key);
		}
		expect(await store.bytesHeld()).toBeGreaterThan(200_000);
		await (
			await store.invalidate([allTag()])
		).counted;
		expect(await store.bytesHeld()).toBe(0);
	});

	it('is not touched by a search through everything', async () => {
		const store = storeOf(300_000);
		const entries: Entry[] = [];
		for (let index = 0; index < 500; index++) {
			const entry = sampleEntry(clock, { body: 'x'.repeat(500) });
			entries.push(entry);
			await commitTo(store, entry);
		}
		const before = [await store.bytesHeld(), ...(await store.count([allTag()]))];
		const query = { sort: 'created', descending: true, limit: 500, cursor: null } as const;
		const page = await store.browse({ ...query, search: 'AN answer' }, [[allTag()]]);
		expect(page.entries.length).toBe(before[1]);
		expect([await store.bytesHeld(), ...(await store.count([allTag()]))]).toEqual(before);
	});

	it('puts out cheap generations before dear ones of the same age and use', async () => {
		const store = storeOf(400_000);
		const tiers: CostTier[] = ['low', 'medium', 'high', 'very_high'];
		const entries: Entry[] = [];
		for (let index = 0; index < 200; index++) {
			const entry = sampleEntry(clock, { body: 'x'.repeat(3000), costTier: tiers[index % 4]! });
			entries.push(entry);
			await commitTo(store, entry);
		}
		const found = await store.lookup(entries.map(lookupOf));
		const kept = tiers.map(
			(tier) => entries.filter((entry, index) => entry.meta.costTier === tier && found[index]).length,
		);
		expect(kept).toEqual(kept.toSorted((one, other) => one - other));
		expect(kept[3]! - kept[0]!).toBeGreaterThan(10);
	});

	it('refuses what alone is larger, and leaves nothing of it', async () => {
		const store = storeOf(5000);
		const entry = sampleEntry(clock, { body: 'x'.repeat(8000) });
		expect(await commitTo(store, entry)).toBe('too_large');
		expect(await store.count(entry.meta.tags)).toEqual([0, 0, 0]);
		expect(await store.bytesHeld()).toBe(0);
	});
});

describe('many entries', () => {
	it('are listed right while they come and go during the listing itself', async () => {
		const store = storeOf(512 * 2 ** 20);
		const keys = new Set<string>();
		const add = async (index: number): Promise<void> => {
			const entry = sampleEntry(clock, { ttl: 3600 + (index % 7), preview: index % 2 ? 'odd' : 'even' });
			keys.add(entry.meta.key);
			await commitTo(store, entry);
			clock.advance(index % 2);
		};
		for (let index = 0; index < 15_000; index++) await add(index);
		const query = { sort: 'hits', descending: true, limit: 100_000, cursor: null } as const;
		const pages = Promise.all([
			store.browse(query, [[allTag()]]),
			store.browse({ ...query, search: 'odd', limit: 5 }, [[allTag()]]),
		]);
		const first = [...keys];
		for (let index = 0; index < 2000; index++) {
			await add(index);
			const gone = first[index * 7]!;
			keys.delete(gone);
			await store.removeKeys([gone]);
			await store.addHits(new Map([[first[index * 7 + 1]!, index % 9]]));
			if (index % 100 === 0) await new Promise(setImmediate);
		}
		await pages;
		const page = await store.browse(query, [[allTag()]]);
		expect(page.entries.map(({ entry }) => entry.meta.key).toSorted()).toEqual([...keys].toSorted());
		const hits = page.entries.map((entry) => entry.hits);
		expect(hits).toEqual(hits.toSorted((one, other) => other - one));
		expect(page.total).toBe(keys.size);
		const odd = page.entries.filter(({ entry }) => entry.meta.preview === 'odd').length;
		expect((await store.browse({ ...query, search: 'odd', limit: 5 }, [[allTag()]])).total).toBe(odd);
	});

	it('are listed right long after the last page, and by more filters than are kept', async () => {
		const store = storeOf(512 * 2 ** 20);
		const query = { sort: 'created', descending: true, limit: 1, cursor: null } as const;
		const totals = (): Promise<number[]> =>
			Promise.all(
				Array.from({ length: 9 }, async (_, tag) => (await store.browse(query, [[freeTag(`t${tag}`)]])).total),
			);
		for (let round = 1; round < 5; round++) {
			for (let index = 0; index < 45; index++)
				await commitTo(store, sampleEntry(clock, { freeTags: [`t${index % 9}`] }));
			expect(await totals()).toEqual(Array.from({ length: 9 }, () => 5 * round));
			clock.advanceSeconds(400);
		}
	});

	it('end with a purge before a single one of them is swept', async () => {
		const store = storeOf(512 * 2 ** 20);
		const entries = Array.from({ length: 2000 }, () => sampleEntry(clock, { content: [{ collection: 'articles' }] }));
		for (const entry of entries) await commitTo(store, entry);
		const held = await store.bytesHeld();
		const { counted } = await store.invalidate([collectionTag('articles')]);
		expect(held - (await store.bytesHeld()), 'its own token alone').toBeLessThan(1000);
		expect((await store.lookup(entries.map(lookupOf))).filter((found) => found?.state === 'fresh')).toEqual([]);
		expect((await counted).entries).toBe(2000);
		expect(await store.bytesHeld()).toBe(0);
	});

	it('are counted, swept, listed and measured without holding up the process', { timeout: 60_000 }, async () => {
		const store = storeOf(512 * 2 ** 20);
		for (let index = 0; index < 60_000; index++) {
			await commitTo(
				store,
				sampleEntry(clock, { content: [{ collection: 'articles' }], freeTags: index % 2 ? ['odd'] : [] }),
			);
		}
		let turns = 0;
		const turn = setInterval(() => turns++, 1);
		const during = async <Result>(work: () => Promise<Result>): Promise<Result> => {
			turns = 0;
			const result = await work();
			await new Promise(setImmediate);
			expect(turns).toBeGreaterThan(0);
			return result;
		};
		expect(await during(() => store.count([allTag(), freeTag('odd')]))).toEqual([60_000, 30_000]);
		expect((await during(() => store.measure([[collectionTag('articles')], [freeTag('odd')]]))).entries).toBe(30_000);
		const query = { sort: 'created', descending: true, limit: 5, cursor: null } as const;
		expect((await during(() => store.browse(query, [[allTag()]]))).total).toBe(60_000);
		const dropped = await during(async () => (await store.invalidate([freeTag('odd')])).counted);
		expect(dropped.entries).toBe(30_000);
		expect((await during(async () => (await store.invalidate([allTag()])).counted)).entries).toBe(30_000);
		clearInterval(turn);
	});
});
