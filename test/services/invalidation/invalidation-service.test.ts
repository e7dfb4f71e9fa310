import { beforeEach, describe, expect, it } from 'vitest';

import { type ContentChange, type ContentDependency, dependencyTags } from '../../../src/cache/tags/tags.ts';
import type { InvalidationCriteria, JournalRow } from '../../../src/shared/api-types.ts';
import { putItem, TTL } from '../../cache/support/engine.ts';
import { type Reporting, startReporting } from '../support/reporting.ts';

const ADMIN = { cause: 'purge', user: 'an-admin' } as const;
const EVENT = { cause: 'event', event: 'articles.items.update', user: 'an-editor' } as const;

let cache: Reporting;
beforeEach(() => {
	cache = startReporting();
});

const on = (...content: ContentDependency[]) => ({ content, tags: [] });
const article = (item: string, ...fields: string[]): ContentDependency => ({
	collection: 'articles',
	items: [item],
	...(fields.length > 0 && { fields }),
});
const MISTRAL = { provider: 'mistral', model: 'mistral-large', collection: null } as const;

/** Entries by what they are about; the last two are of another provider. */
const ENTRIES = {
	first: putItem('first', 'a', { dependencies: on(article('1')) }),
	title: putItem('title', 'b', { dependencies: on(article('2', 'title')) }),
	body: putItem('body', 'c', { dependencies: on(article('2', 'body')) }),
	whole: putItem('whole', 'd', { dependencies: on({ collection: 'articles' }) }),
	tagged: putItem('tagged', 'e', { dependencies: { content: [], tags: ['landing'] }, identity: MISTRAL }),
	page: putItem('page', 'f', { dependencies: on({ collection: 'pages', items: ['1'] }), identity: MISTRAL }),
};
type Name = keyof typeof ENTRIES;
const NAMES = Object.keys(ENTRIES) as Name[];

/** Which of them are answered now. */
async function answered(): Promise<Name[]> {
	const found = await cache.store.lookup(
		Object.values(ENTRIES).map(({ key, dependencies, identity }) => ({
			key,
			tags: dependencyTags(identity.provider, identity.model, dependencies),
		})),
	);
	return NAMES.filter((_, index) => found[index]?.state === 'fresh' && found[index].covers);
}

const dropped = async (): Promise<Name[]> => {
	const left = await answered();
	return NAMES.filter((name) => !left.includes(name));
};
const journal = (): Promise<JournalRow[]> => cache.store.readJournal(10, null);

beforeEach(() => cache.cache.put(Object.values(ENTRIES)));

describe('a purge', () => {
	const PURGES: [criteria: InvalidationCriteria, drops: Name[]][] = [
		[{ all: true }, NAMES],
		[{ provider: 'mistral' }, ['tagged', 'page']],
		[{ provider: 'openai', model: 'gpt-4o' }, ['first', 'title', 'body', 'whole']],
		[{ collection: 'articles' }, ['first', 'title', 'body', 'whole']],
		[{ collection: 'articles', items: [1] }, ['first']],
		[{ collection: 'articles', items: ['1', 2] }, ['first', 'title', 'body']],
		[{ collection: 'articles', items: [2], fields: ['body'] }, ['body']],
		[{ tags: ['landing', 'unknown'] }, ['tagged']],
		[{ provider: 'mistral', collection: 'pages' }, ['page']],
		[{ provider: 'mistral', collection: 'articles' }, []],
		[{ key: 'whole' }, ['whole']],
		[{ key: 'whole', collection: 'articles' }, ['whole']],
		[{ key: 'whole', collection: 'pages' }, []],
		[{ key: 'none of these' }, []],
	];

	it.each(PURGES)('of %j drops exactly what meets it, and says so', async (criteria, drops) => {
		await cache.store.addHits(new Map([['first', 7]]));
		const before = await cache.store.bytesHeld();
		const result = await cache.invalidator.purge(criteria, ADMIN);
		expect(await dropped()).toEqual(drops);
		expect(result).toMatchObject({
			entries: drops.length,
			usd: drops.length * 0.5,
			hits: drops.includes('first') ? 7 : 0,
			dry_run: false,
		});
		const report = await cache.reports.stats({});
		expect(report.overall.entries).toBe(NAMES.length - drops.length);
		if (drops.length > 0) expect(result.bytes).toBeGreaterThan(0);
		expect(result.bytes).toBeLessThanOrEqual(before);
	});

	it.each(PURGES)('of %j is told beforehand by a measure that drops nothing', async (criteria) => {
		await cache.store.addHits(new Map([['first', 7]]));
		const told = await cache.invalidator.measure(criteria);
		expect(await dropped()).toEqual([]);
		expect(await journal()).toEqual([]);
		expect(await cache.invalidator.purge(criteria, ADMIN)).toEqual({ ...told, dry_run: false });
	});

	it.each<[items: string[], fields: string[], drops: (Name | 'titles')[]]>([
		[['1'], ['title'], ['first', 'whole', 'titles']],
		[['2'], ['title'], ['title', 'whole', 'titles']],
		[['2'], ['title', 'body'], ['title', 'body', 'whole', 'titles']],
		[['3'], ['author'], ['whole']],
	])('is not an edit of %j in %j, which is told beforehand just so', async (items, fields, drops) => {
		const titles = putItem('titles', 'g', { dependencies: on({ collection: 'articles', fields: ['title'] }) });
		await cache.cache.put([titles]);
		await cache.store.addHits(new Map([['whole', 7]]));
		const told = await cache.invalidator.measure({ collection: 'articles', items, fields }, true);
		expect(told).toMatchObject({ entries: drops.length, usd: drops.length * 0.5, hits: 7, dry_run: true });
		expect(await dropped()).toEqual([]);
		await cache.invalidator.changed([{ kind: 'update', collection: 'articles', items, fields }], EVENT);
		expect(await dropped()).toEqual(drops.filter((name) => name !== 'titles'));
		await expect.poll(async () => (await journal())[0]?.entries).toBe(drops.length);
	});

	it('is told beforehand for an edit of all fields of an item, and of one provider alone', async () => {
		const edit = { collection: 'articles', items: ['2'] };
		expect(await cache.invalidator.measure(edit, true)).toMatchObject({ entries: 3 });
		expect(await cache.invalidator.measure({ ...edit, provider: 'mistral' }, true)).toMatchObject({ entries: 0 });
	});

	it('says in the journal that more went than was asked for, where the store had to do that', async () => {
		const counted = Promise.resolve({ entries: 7, usd: 0, hits: 0, bytes: 0 });
		cache.store.invalidateMatching = () => Promise.resolve({ counted, widened: true });
		await cache.invalidator.purge({ provider: 'openai', tags: ['a'] }, ADMIN);
		const [row] = await journal();
		expect(row?.entries).toBe(7);
		expect(row?.note).toContain('More than these criteria');
	});

	it('says in the journal both who dropped it and that more went', async () => {
		const counted = Promise.resolve({ entries: 7, usd: 0, hits: 0, bytes: 0 });
		cache.store.invalidateMatching = () => Promise.resolve({ counted, widened: true });
		const details = [{ kind: 'flow' }] as const;
		await cache.invalidator.purge({ provider: 'openai', tags: ['a'] }, { ...ADMIN, details });
		const [row] = await journal();
		expect(row?.details).toEqual([{ kind: 'flow' }, { kind: 'widened' }]);
		expect(row?.note).toMatch(/^By a Flow\. More than these criteria/);
	});

	it('stands in the journal with who did it, also one that found nothing', async () => {
		cache.clock.advanceSeconds(90);
		await cache.invalidator.purge({ provider: 'mistral' }, ADMIN);
		await cache.invalidator.purge({ provider: 'mistral' }, ADMIN);
		const row = { cause: 'purge', event: null, user: 'an-admin', criteria: { provider: 'mistral' }, note: null };
		expect(await journal()).toMatchObject([
			{ ...row, entries: 0, at: '2026-01-01T00:01:30.000Z' },
			{ ...row, entries: 2, at: '2026-01-01T00:01:30.000Z' },
		]);
	});

	it('keeps an answer out that was under way', async () => {
		const asking = cache.ask({ dependencies: on(article('1')), key: 'under way' });
		const call = await cache.upstream.call(1);
		await cache.invalidator.purge({ collection: 'articles', items: [1] }, ADMIN);
		call.answer('from the old content');
		expect((await (await asking).outcome).notStored).toBe('invalidated');
	});

	it('leaves an expired entry out of its figures', async () => {
		cache.clock.advanceSeconds(TTL + 1);
		expect(await cache.invalidator.measure({ key: 'whole' })).toMatchObject({ entries: 0, usd: 0 });
		expect(await cache.invalidator.purge({ all: true }, ADMIN)).toMatchObject({ entries: 0, usd: 0 });
	});
});

describe('entries that are chosen one by one', () => {
	it('are dropped together, noted as one row', async () => {
		const keys = ['first', 'page', 'none of these'];
		expect(await cache.invalidator.removeKeys(keys, ADMIN)).toMatchObject({ entries: 2, usd: 1, dry_run: false });
		expect(await dropped()).toEqual(['first', 'page']);
		expect(await journal()).toMatchObject([{ criteria: {}, note: '3 entries, chosen one by one', entries: 2 }]);
	});

	it('are named where it is one', async () => {
		await cache.invalidator.removeKeys(['first'], ADMIN);
		expect(await journal()).toMatchObject([{ criteria: { key: 'first' }, note: null, entries: 1 }]);
	});
});

describe('a change of the content', () => {
	const update = (items: string[], fields: string[]): ContentChange => ({
		kind: 'update',
		collection: 'articles',
		items,
		fields,
	});
	/** Rows are written behind the change. */
	const rows = async (count: number) => {
		await expect.poll(async () => (await journal()).length).toBe(count);
		return journal();
	};

	it('drops what it touches, and is noted with its event, its items and its fields', async () => {
		await cache.invalidator.changed([update(['2'], ['body'])], EVENT);
		expect(await dropped()).toEqual(['body', 'whole']);
		const criteria = { collection: 'articles', items: ['2'], fields: ['body'] };
		const { cause, event, user } = EVENT;
		expect(await rows(1)).toMatchObject([{ cause, event, user, criteria, entries: 2 }]);
	});

	it('that touches nothing stands in no journal', async () => {
		await cache.invalidator.changed([update(['99'], ['title'])], { ...EVENT, event: 'nothing' });
		expect(await dropped()).toEqual(['whole']);
		await cache.invalidator.changed([update(['99'], ['title'])], { ...EVENT, event: 'nothing again' });
		await cache.invalidator.changed([update(['1'], ['title'])], EVENT);
		expect((await rows(2)).map(({ event }) => event)).toEqual([EVENT.event, 'nothing']);
	});

	it('of very many items names some of them', async () => {
		const items = Array.from({ length: 200 }, (_, index) => String(index));
		await cache.invalidator.changed([update(items, ['title'])], EVENT);
		const [row] = await rows(1);
		expect(row?.criteria.items).toEqual(items.slice(0, 50));
	});

	it('is waited for by whoever asks whether all is settled', async () => {
		expect(cache.invalidator.settled()).toBeNull();
		const changing = cache.invalidator.changed([update(['1'], ['title'])], EVENT);
		await cache.invalidator.settled();
		expect(await dropped()).toEqual(['first', 'whole']);
		await changing;
		expect(cache.invalidator.settled()).toBeNull();
	});

	it('says at once which tags it takes, to be repeated once the transaction is over', async () => {
		let told: readonly string[] = [];
		const changing = cache.invalidator.changed([update(['1'], ['title'])], EVENT, (tags) => (told = tags));
		expect(told).toContain('f:articles/1:title');
		await changing;
		await cache.cache.put(Object.values(ENTRIES));
		await cache.invalidator.repeat(told);
		expect(await dropped()).toEqual(['first', 'whole']);
	});

	it('tells what was made from a new item at its creation apart from what is repeated in any case', async () => {
		let told: (readonly string[])[] = [];
		const creation: ContentChange = { kind: 'create', collection: 'articles', items: ['1'] };
		await cache.invalidator.changed([creation], EVENT, (...lists) => (told = lists));
		expect(await dropped()).toContain('first');
		await cache.cache.put(Object.values(ENTRIES));
		const [all, ofOthers] = told;
		await cache.invalidator.repeat(ofOthers!);
		expect(await dropped()).not.toContain('first');
		expect(await dropped()).toContain('whole');
		await cache.invalidator.repeat(all!);
		expect(await dropped()).toContain('first');
	});

	it.each([
		['directus_policies', 1],
		['directus_users', 1],
		['articles', 0],
	])('in %s is told to those who remember callers %i times', async (collection, times) => {
		await cache.invalidator.changed([{ kind: 'update', collection, items: ['1'], fields: ['name'] }], EVENT);
		expect(cache.callersChanged()).toBe(times);
	});
});

describe('a raised version', () => {
	it('gives up the model’s entries and no others, and is noted', async () => {
		const author = { cause: 'version', user: 'an-admin' } as const;
		expect(await cache.invalidator.raiseVersion(cache.models, 'openai', 'gpt-4o', author)).toBe(2);
		expect(await dropped()).toEqual(['first', 'title', 'body', 'whole']);
		expect(cache.models.version('openai', 'gpt-4o')).toBe(2);
		const criteria = { provider: 'openai', model: 'gpt-4o' };
		expect(await journal()).toMatchObject([{ ...author, criteria, entries: 4 }]);
		expect(await cache.invalidator.raiseVersion(cache.models, 'openai', 'gpt-4o', author)).toBe(3);
	});
});

describe('a note', () => {
	it('says something in the journal and drops nothing', async () => {
		const change = { identifier: 'snapshot', from: 'gpt-4o-2024-05-13', to: 'gpt-4o-2024-08-06' } as const;
		const details = [{ kind: 'model', provider: 'openai', model: 'gpt-4o', ...change }] as const;
		await cache.invalidator.note({ provider: 'openai', model: 'gpt-4o' }, { cause: 'model_update', details });
		const note = 'openai/gpt-4o answers with another snapshot: gpt-4o-2024-08-06 instead of gpt-4o-2024-05-13';
		expect(await dropped()).toEqual([]);
		expect(await journal()).toMatchObject([{ cause: 'model_update', note, details, entries: 0, user: null }]);
	});
});
