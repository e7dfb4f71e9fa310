import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectionTag, providerTag, type Tag } from '../../../../src/cache/tags/tags.ts';
import type { Entry, EntryQuery, FoundPage } from '../../../../src/cache/entry.ts';
import { newId } from '../../../../src/cache/ids.ts';
import { lookupOf, put } from '../../../contract/harness.ts';
import { sampleEntry } from '../../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { type RedisHarness, redisHarness } from '../support.ts';

/** So many that a page of those that meet a filter is found on the way through all. */
const SIZE = 2000;
const PROVIDER: Tag[][] = [[providerTag('openai')]];
const BOTH: Tag[][] = [[providerTag('openai')], [collectionTag('articles')]];
const BY_CREATION: EntryQuery = { sort: 'created', descending: true, limit: 500, cursor: null };

let redis: TestRedis;
let harness: RedisHarness;
let entries: Entry[];
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
	harness = await redisHarness(redis);
	entries = await fill();
});
afterEach(() => harness.stop());

const isBoth = ({ meta }: Entry): boolean => meta.provider === 'openai' && meta.collection === 'articles';

/** Five of six are OpenAI's, five of eight of one collection; many share what they are sorted by. */
function fill(): Promise<Entry[]> {
	return store((index) =>
		sampleEntry(harness.clock, {
			provider: index % 6 ? 'openai' : 'mistral',
			content: [{ collection: index % 8 < 5 ? 'articles' : 'pages' }],
			ttl: 3000 + (index % 700),
			body: 'x'.repeat(100 + (index % 900)),
		}),
	);
}

async function store(entryOf: (index: number) => Entry): Promise<Entry[]> {
	const all: Entry[] = [];
	for (let start = 0; start < SIZE; start += 500) {
		const part = Array.from({ length: 500 }, (_, place) => entryOf(start + place));
		const reservations = await harness.store.beginMany(part.map(lookupOf), newId, 60_000);
		await harness.store.commit(part.map((entry, place) => ({ reservation: reservations[place]!, entry })));
		all.push(...part);
		harness.clock.advance(7);
	}
	return all;
}

async function rowsOf(query: EntryQuery, tagSets: Tag[][], between = () => Promise.resolve()) {
	const rows: FoundPage['entries'] = [];
	let cursor: string | null = null;
	do {
		const page = await harness.store.browse({ ...query, cursor }, tagSets);
		rows.push(...page.entries);
		cursor = page.nextCursor;
		await between();
	} while (cursor !== null);
	return rows;
}

describe('a list of many entries that meet a filter', () => {
	const sorts = (['created', 'expires', 'hits', 'size'] as const).flatMap((sort) =>
		[false, true].map((descending) => ({ sort, descending })),
	);

	it.each(sorts)('has each of them once, in order by $sort, descending: $descending', async (order) => {
		const wanted = entries.filter(isBoth);
		await harness.store.addHits(new Map(wanted.map(({ meta }, index) => [meta.key, (index * 7) % 40])));
		const rows = await rowsOf({ ...BY_CREATION, ...order }, BOTH);
		const keys = rows.map(({ entry }) => entry.meta.key);
		expect(keys.toSorted()).toEqual(wanted.map(({ meta }) => meta.key).toSorted());
		const { sort, descending } = order;
		const values = rows.map((row) => (sort === 'hits' || sort === 'size' ? row[sort] : row.entry.meta[sort]));
		expect(values).toEqual(values.toSorted((one, other) => (descending ? other - one : one - other)));
	});

	it('passes over none while others are dropped and stored', async () => {
		const goes = entries.filter((_, index) => index % 9 === 0);
		const rows = await rowsOf({ ...BY_CREATION, limit: 300 }, PROVIDER, async () => {
			await harness.other.removeKeys(goes.splice(0, 60).map(({ meta }) => meta.key));
			await put(harness);
		});
		const keys = rows.map(({ entry }) => entry.meta.key);
		expect(new Set(keys).size).toBe(keys.length);
		const stayed = entries.filter(({ meta }, index) => meta.provider === 'openai' && index % 9 !== 0);
		expect(stayed.filter(({ meta }) => !keys.includes(meta.key))).toEqual([]);
	});

	it('is found behind as many that meet it not, which are passed over in ever longer parts', async () => {
		await store(() => sampleEntry(harness.clock, { provider: 'openai', content: [{ collection: 'events' }] }));
		const page = (): Promise<FoundPage> => harness.store.browse({ ...BY_CREATION, limit: 10 }, BOTH);
		expect((await page()).total).toBe(entries.filter(isBoth).length);
		// Heartbeats are scripts too.
		const parts = async (): Promise<number> => (await redis.commandCalls())['zrevrange'] ?? 0;
		const before = await parts();
		const rows = (await page()).entries;
		const read = (await parts()) - before;
		const newest = Math.max(...entries.map(({ meta }) => meta.created));
		expect(rows.map(({ entry }) => [entry.meta.collection, entry.meta.created])).toEqual(
			Array.from({ length: 10 }, () => ['articles', newest]),
		);
		expect(read).toBeGreaterThan(0);
		expect(read).toBeLessThan(8);
	});

	it('counts them exactly, whatever was stored, dropped or has expired since it was last shown', async () => {
		const { store, other, clock } = harness;
		const total = async (): Promise<number> => (await store.browse(BY_CREATION, BOTH)).total;
		let wanted = entries.filter(isBoth);
		expect(await total()).toBe(wanted.length);
		expect(await total()).toBe(wanted.length);
		await other.removeKeys(wanted.slice(0, 3).map(({ meta }) => meta.key));
		expect(await total()).toBe(wanted.length - 3);
		await put(harness, { content: [{ collection: 'articles' }] }, other);
		expect(await total()).toBe(wanted.length - 2);
		clock.advanceSeconds(3000 + 20);
		wanted = wanted.slice(3).filter(({ meta }) => meta.expires > clock.now());
		expect(await total()).toBe(wanted.length + 1);
	});

	it('shows nothing of a collection that was just invalidated', async () => {
		const first = await harness.store.browse(BY_CREATION, PROVIDER);
		expect(first.entries.some(({ entry }) => entry.meta.collection === 'articles')).toBe(true);
		await harness.other.invalidate([collectionTag('articles')]);
		for (const tagSets of [PROVIDER, BOTH]) {
			const { entries: shown } = await harness.store.browse(BY_CREATION, tagSets);
			expect(shown.filter(({ entry }) => entry.meta.collection === 'articles')).toEqual([]);
		}
	});
});
