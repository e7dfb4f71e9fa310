import { describe, expect, it } from 'vitest';
import { allTag, collectionTag, freeTag, itemTag, providerTag, type Tag } from '../../src/cache/tags/tags.ts';
import type { Entry, EntryQuery, FoundPage } from '../../src/cache/entry.ts';
import { put, type StoreHarness } from './harness.ts';

const BY_EXPIRY: EntryQuery = { sort: 'expires', descending: false, limit: 7, cursor: null };
const ALL: Tag[][] = [[allTag()]];

const FILTERS: { sets: Tag[][]; meets: (entry: Entry) => boolean; search?: string }[] = [
	{ sets: ALL, meets: () => true },
	{ sets: [[collectionTag('articles')]], meets: ({ meta }) => meta.content[0]?.collection === 'articles' },
	{
		sets: [[itemTag('pages', '3')]],
		meets: ({ meta }) => meta.content[0]?.collection === 'pages' && itemOf(meta) === '3',
	},
	{
		sets: [[providerTag('openai')], [freeTag('odd')]],
		meets: ({ meta }) => meta.freeTags.includes('odd'),
	},
	{ sets: ALL, search: 'NUMBER 7', meets: ({ meta }) => meta.preview === 'Number 7' },
];

const itemOf = ({ content }: Entry['meta']): string | undefined => content[0]?.items?.[0];

/** Reads page after page; `between` may change things before each next one. */
async function readAll(
	{ store, other }: StoreHarness,
	query: EntryQuery,
	tagSets = ALL,
	between: (page: FoundPage) => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
	const keys: string[] = [];
	let cursor: string | null = null;
	let turns = 0;
	do {
		// A next page may well be asked of another process.
		const page: FoundPage = await (turns++ % 2 === 0 ? store : other).browse({ ...query, cursor }, tagSets);
		expect(page.entries.length).toBeLessThanOrEqual(query.limit);
		keys.push(...page.entries.map(({ entry }) => entry.meta.key));
		cursor = page.nextCursor;
		if (cursor !== null) await between(page);
	} while (cursor !== null);
	return keys;
}

async function fill(harness: StoreHarness, length: number): Promise<Entry[]> {
	const entries: Entry[] = [];
	for (let index = 0; index < length; index++) {
		// Spread, so that no order is that of storing; some share a value.
		const spread = (index * 7) % length;
		entries.push(await put(harness, { ttl: 1000 + 10 * Math.floor(spread / 2), body: 'x'.repeat(100 + spread) }));
		harness.clock.advance(index % 3);
	}
	await harness.store.addHits(new Map(entries.map(({ meta }, index) => [meta.key, (index * 3) % 8])));
	return entries;
}

export function browseContract(harness: () => StoreHarness): void {
	describe('browsing', () => {
		const sorts = (['created', 'expires', 'hits', 'size'] as const).flatMap((sort) =>
			[false, true].map((descending) => ({ sort, descending })),
		);

		it.each(sorts)('lists every entry once by $sort, descending: $descending', async ({ sort, descending }) => {
			const { store } = harness();
			const entries = await fill(harness(), 25);
			const keys = await readAll(harness(), { ...BY_EXPIRY, sort, descending });
			expect(keys.toSorted()).toEqual(entries.map(({ meta }) => meta.key).toSorted());
			const page = await store.browse({ ...BY_EXPIRY, sort, descending, limit: 100 }, ALL);
			const values = page.entries.map(({ entry, size, hits }) =>
				sort === 'size' ? size : sort === 'hits' ? hits : entry.meta[sort],
			);
			expect(values).toEqual(values.toSorted((one, other) => (descending ? other - one : one - other)));
			expect(page).toMatchObject({ total: 25, nextCursor: null });
		});

		it.each(sorts)('misses and repeats nothing while others come and go, by $sort, $descending', async (order) => {
			const { store } = harness();
			const entries = await fill(harness(), 30);
			const goes = entries.filter((_, index) => index % 4 === 0).map(({ meta }) => meta.key);
			const seen = await readAll(harness(), { ...BY_EXPIRY, ...order, limit: 4 }, ALL, async ({ entries: shown }) => {
				await put(harness(), { ttl: 1070, body: 'x'.repeat(115) });
				// The very entry that the cursor stands at, and what it moved past, go as well.
				const last = shown.at(-1)!.entry.meta.key;
				await store.removeKeys([...goes.splice(0, 2), ...(goes.includes(last) ? [last] : [])]);
			});
			expect(new Set(seen).size).toBe(seen.length);
			const stayed = entries.filter((_, index) => index % 4 !== 0).map(({ meta }) => meta.key);
			expect(stayed.filter((key) => !seen.includes(key))).toEqual([]);
		});

		it('goes on after an entry whose hits have moved it elsewhere', async () => {
			const { store } = harness();
			const entries = await fill(harness(), 12);
			const query: EntryQuery = { ...BY_EXPIRY, sort: 'hits', descending: true, limit: 4 };
			const first = await store.browse(query, ALL);
			await store.addHits(new Map([[first.entries.at(-1)!.entry.meta.key, 100]]));
			const keys = first.entries.map(({ entry }) => entry.meta.key);
			let cursor = first.nextCursor;
			while (cursor !== null) {
				const page = await store.browse({ ...query, cursor }, ALL);
				keys.push(...page.entries.map(({ entry }) => entry.meta.key));
				cursor = page.nextCursor;
			}
			expect(keys.toSorted()).toEqual(entries.map(({ meta }) => meta.key).toSorted());
		});

		it('lists what meets the filter alone, in its order, page by page', async () => {
			const wanted: string[] = [];
			for (let index = 0; index < 40; index++) {
				const provider = index % 2 ? 'openai' : 'deepseek';
				const { meta } = await put(harness(), {
					provider,
					content: [{ collection: index % 4 === 1 ? 'articles' : 'pages' }],
					ttl: 4000 - index,
				});
				if (index % 4 === 1) wanted.unshift(meta.key);
			}
			const sets = [[providerTag('openai')], [collectionTag('articles')]];
			expect(await readAll(harness(), { ...BY_EXPIRY, limit: 3 }, sets)).toEqual(wanted);
			const page = await harness().store.browse(BY_EXPIRY, sets);
			expect(page.total).toBe(10);
			expect(await readAll(harness(), BY_EXPIRY, [[freeTag('none')]])).toEqual([]);
		});

		it.each(sorts)(
			'agrees with a list of all that is held, after any changes, by $sort, $descending',
			async (order) => {
				const { store, clock } = harness();
				const held = new Map<string, { entry: Entry; hits: number }>();
				const add = async (key?: string): Promise<void> => {
					const number = held.size;
					const entry = await put(harness(), {
						...(key !== undefined && { key }),
						content: [{ collection: number % 3 ? 'articles' : 'pages', items: [String(number % 5)] }],
						freeTags: number % 2 ? ['odd'] : [],
						ttl: 3000 + ((number * 37) % 50),
						body: 'x'.repeat(100 + ((number * 11) % 40)),
						preview: `Number ${number % 10}`,
					});
					held.set(entry.meta.key, { entry, hits: 0 });
				};
				const keyAt = (place: number): string => [...held.keys()][place % held.size]!;
				const drop = async (key: string): Promise<void> => {
					await store.removeKeys([key]);
					held.delete(key);
				};
				const hit = async (key: string, count: number): Promise<void> => {
					await store.addHits(new Map([[key, count]]));
					held.get(key)!.hits += count;
				};
				for (let index = 0; index < 60; index++) await add();
				for (let round = 0; round < 5; round++) {
					for (const { sets, meets, search } of FILTERS) {
						const query: EntryQuery = { ...BY_EXPIRY, ...order, ...(search !== undefined && { search }), limit: 9 };
						const wanted = [...held.values()].filter(({ entry }) => meets(entry)).map(({ entry }) => entry.meta.key);
						expect((await readAll(harness(), query, sets)).toSorted()).toEqual(wanted.toSorted());
					}
					await add();
					// Generated anew, so that another entry stands at the same key.
					await add(keyAt(round * 13));
					await drop(keyAt(round * 7));
					await hit(keyAt(round * 5), round);
					clock.advance(1 + round);
				}
			},
		);

		it('counts and shows no more what has expired since the page before', async () => {
			const { store, clock } = harness();
			for (let index = 0; index < 20; index++) await put(harness(), { ttl: index % 4 ? 5000 : 60 });
			for (const { sort, descending } of sorts) {
				const query: EntryQuery = { ...BY_EXPIRY, sort, descending };
				expect((await store.browse(query, ALL)).total).toBe(20);
			}
			clock.advanceSeconds(61);
			for (const { sort, descending } of sorts) {
				const query: EntryQuery = { ...BY_EXPIRY, sort, descending };
				expect((await store.browse(query, ALL)).total).toBe(15);
				expect(await readAll(harness(), query)).toHaveLength(15);
			}
		});

		it('finds text in the preview, model, tags and content, whatever its case', async () => {
			const { store } = harness();
			const found = await put(harness(), { preview: 'The Quick brown fox' });
			await put(harness(), { preview: 'slow' });
			const tagged = await put(harness(), { freeTags: ['homepage'] });
			const search = async (text: string) =>
				(await store.browse({ ...BY_EXPIRY, search: text }, ALL)).entries.map(({ entry }) => entry.meta.key);
			expect(await search('quick BROWN')).toEqual([found.meta.key]);
			expect(await search('HOMEpage')).toEqual([tagged.meta.key]);
			expect(await search('gpt-4O')).toHaveLength(3);
			expect(await search('nothing of the kind')).toEqual([]);
		});

		it('finds nothing by the preview where that is hidden, and everything else as before', async () => {
			const { store } = harness();
			await put(harness(), { preview: 'The Quick brown fox' });
			const tagged = await put(harness(), { freeTags: ['quick'] });
			const search = async (text: string, previewHidden: boolean) =>
				(await store.browse({ ...BY_EXPIRY, search: text, previewHidden }, ALL)).entries.map(
					({ entry }) => entry.meta.key,
				);
			expect(await search('quick', false)).toHaveLength(2);
			expect(await search('quick', true)).toEqual([tagged.meta.key]);
			expect(await search('brown', true)).toEqual([]);
		});

		it('shows no entry that expired, was dropped, or is under way', async () => {
			const { store, clock } = harness();
			await put(harness(), { ttl: 60 });
			const dropped = await put(harness(), { freeTags: ['gone'] });
			const kept = await put(harness());
			clock.advanceSeconds(61);
			await store.invalidate([freeTag('gone')]);
			await store.begin({
				key: 'openai:gpt-4o:way',
				tags: [allTag()],
				owner: 'owner0000000',
				force: true,
				leaseMs: 9999,
			});
			for (const { sort } of sorts) {
				const page = await store.browse({ ...BY_EXPIRY, sort, descending: true }, ALL);
				expect(page.entries.map(({ entry }) => entry.meta.key)).toEqual([kept.meta.key]);
				expect(page.nextCursor).toBeNull();
			}
			expect(dropped.meta.key).not.toBe(kept.meta.key);
		});

		it('takes a cursor that is none for the beginning', async () => {
			const { store } = harness();
			await put(harness());
			expect((await store.browse({ ...BY_EXPIRY, cursor: 'not one of ours' }, ALL)).entries).toHaveLength(1);
		});
	});
}
