import { describe, expect, it } from 'vitest';
import { allTag, collectionTag, criteriaTagSets, freeTag, providerTag } from '../../src/cache/tags/tags.ts';
import { answers, commitTo, lookupOf, put, reserve, type StoreHarness } from './harness.ts';
import { sampleEntry } from './fixtures.ts';

export function matchingContract(harness: () => StoreHarness): void {
	describe('combined criteria and single keys', () => {
		it('drop what meets all the criteria, and nothing else', async () => {
			const { store, other } = harness();
			const articles = { content: [{ collection: 'articles' }] };
			const both = await put(harness(), articles);
			const mistral = await put(harness(), { ...articles, provider: 'mistral', model: 'mistral-small' });
			const pages = await put(harness(), { content: [{ collection: 'pages' }] });
			const tagged = await put(harness(), { ...articles, freeTags: ['a'] });
			for (const entry of [both, mistral, pages, tagged]) expect(await answers(other, entry)).toBe(true);
			const { counted } = await store.invalidateMatching(
				criteriaTagSets({ provider: 'openai', collection: 'articles' }),
			);
			expect(await counted).toMatchObject({ entries: 2 });
			for (const process of [store, other]) {
				const live = await Promise.all([both, mistral, pages, tagged].map((entry) => answers(process, entry)));
				expect(live).toEqual([false, true, true, false]);
			}
			expect(await store.count([allTag(), collectionTag('articles')])).toEqual([2, 1]);
		});

		it('are met by one tag of each set', async () => {
			const { store } = harness();
			const entries = [];
			for (const tag of ['a', 'b', 'c']) entries.push(await put(harness(), { freeTags: [tag] }));
			const sets = criteriaTagSets({ model: 'gpt-4o', tags: ['a', 'b'] });
			expect(await store.measure(sets)).toMatchObject({ entries: 2 });
			await store.invalidateMatching(sets);
			expect(await Promise.all(entries.map((entry) => answers(store, entry)))).toEqual([false, false, true]);
		});

		it('count neither what expired nor what another purge has taken', async () => {
			const { store, clock } = harness();
			await put(harness(), { freeTags: ['a'], ttl: 60 });
			await put(harness(), { freeTags: ['a', 'b'] });
			await put(harness(), { freeTags: ['a'] });
			clock.advanceSeconds(61);
			const first = await store.invalidate([freeTag('b')]);
			const second = await store.invalidateMatching([[freeTag('a')], [providerTag('openai')]]);
			expect(await first.counted).toMatchObject({ entries: 1 });
			expect(await second.counted).toMatchObject({ entries: 1 });
		});

		it('keep from being stored what is generated meanwhile', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock, { content: [{ collection: 'articles' }] });
			const apart = sampleEntry(clock, { content: [{ collection: 'pages' }] });
			const reservation = await reserve(store, lookupOf(entry));
			const untouched = await reserve(store, lookupOf(apart));
			await other.invalidateMatching([[providerTag('openai')], [collectionTag('articles')]]);
			const results = await store.commit([
				{ reservation, entry },
				{ reservation: untouched, entry: apart },
			]);
			expect(results[0]).toMatch(/superseded|invalidated/);
			expect(results[1]).toBe('stored');
			expect(await answers(other, entry)).toBe(false);
			expect(await commitTo(other, entry)).toBe('stored');
		});

		it('find every one of many entries while others come and go', async () => {
			const { store, other, clock } = harness();
			const dropped = [];
			for (let index = 0; index < 300; index++) dropped.push(await put(harness(), { freeTags: ['many'] }));
			const churn = (async () => {
				for (let index = 0; index < 60; index++) {
					const entry = sampleEntry(clock, { freeTags: ['many', `once${index}`] });
					await commitTo(other, entry);
					await other.removeKeys([entry.meta.key]);
				}
			})();
			const { counted } = await store.invalidateMatching([[freeTag('many')], [providerTag('openai')]]);
			expect((await counted).entries).toBeGreaterThanOrEqual(300);
			await churn;
			const found = await other.lookup(dropped.map(lookupOf));
			expect(found.filter((one) => one?.state === 'fresh')).toEqual([]);
		});

		it('by key: count and drop the entry in every process', async () => {
			const { store, other } = harness();
			const entry = await put(harness(), { usd: 3 });
			const apart = await put(harness());
			for (const process of [store, other]) expect(await answers(process, entry)).toBe(true);
			const figures = await store.removeKeys([entry.meta.key, 'openai:gpt-4o:unknown']);
			expect(figures).toMatchObject({ entries: 1, usd: 3 });
			for (const process of [store, other]) {
				expect(await answers(process, entry)).toBe(false);
				expect(await answers(process, apart)).toBe(true);
			}
			expect(await store.removeKeys([entry.meta.key])).toMatchObject({ entries: 0 });
			expect(await store.count([allTag()])).toEqual([1]);
			expect(await store.removeKeys([])).toMatchObject({ entries: 0 });
		});

		it('by key: refuse what is generated for it meanwhile', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock);
			const reservation = await reserve(store, lookupOf(entry));
			await other.removeKeys([entry.meta.key]);
			expect((await store.commit([{ reservation, entry }]))[0]).not.toBe('stored');
			expect(await answers(other, entry)).toBe(false);
		});
	});
}
