import { describe, expect, it } from 'vitest';
import {
	allTag,
	anyChangeTag,
	changeTags,
	collectionTag,
	criteriaTagSets,
	freeTag,
	itemTag,
	modelTag,
	providerTag,
	purgeTags,
	type Tag,
} from '../../src/cache/tags/tags.ts';
import type { HeldFigures } from '../../src/cache/entry.ts';
import type { Store } from '../../src/cache/store.ts';
import { answers, commitTo, lookupOf, put, reserve, type StoreHarness } from './harness.ts';
import { sampleEntry } from './fixtures.ts';

export async function purge(store: Store, tags: readonly Tag[]): Promise<HeldFigures> {
	return (await store.invalidate(tags)).counted;
}

const article = (item: string) => ({ content: [{ collection: 'articles', items: [item] }] });

export function invalidationContract(harness: () => StoreHarness): void {
	describe('invalidation', () => {
		it.each<[string, Tag]>([
			['everything', allTag()],
			['the provider', providerTag('openai')],
			['the model', modelTag('openai', 'gpt-4o')],
			['the collection', collectionTag('articles')],
			['the item', itemTag('articles', '1')],
			['a free tag', freeTag('front page')],
		])('of %s ends an entry in every process, and no other', async (_, tag) => {
			const { store, other } = harness();
			const entry = await put(harness(), { ...article('1'), freeTags: ['front page'] });
			const apart = await put(harness(), { provider: 'mistral', model: 'mistral-small' });
			for (const process of [store, other]) expect(await answers(process, entry)).toBe(true);
			expect(await purge(store, [tag])).toMatchObject({ entries: tag === allTag() ? 2 : 1 });
			for (const process of [store, other]) {
				expect(await answers(process, entry)).toBe(false);
				expect(await answers(process, apart)).toBe(tag !== allTag());
			}
		});

		it('of a field in a collection ends what depends on it in any item, and is counted as it was foretold', async () => {
			const { store, other } = harness();
			const of = (items: string[], ...fields: string[]) =>
				put(harness(), { content: [{ collection: 'articles', items, fields }] });
			const titles = [await of(['1'], 'title'), await of(['2', '3'], 'title', 'body')];
			const whole = await put(harness(), article('4'));
			const body = await of(['1'], 'body');
			const criteria = { collection: 'articles', fields: ['title'] };
			expect(await other.measure(criteriaTagSets(criteria))).toMatchObject({ entries: 3 });
			expect(await purge(store, purgeTags(criteria)!)).toMatchObject({ entries: 3 });
			for (const entry of [...titles, whole]) expect(await answers(other, entry)).toBe(false);
			expect(await answers(other, body)).toBe(true);
		});

		it('refuses an answer whose generation was under way', async () => {
			const { store, other, clock } = harness();
			const entry = sampleEntry(clock, article('1'));
			const reservation = await reserve(store, lookupOf(entry));
			await other.invalidate(changeTags({ kind: 'update', collection: 'articles', items: ['1'], fields: ['title'] }));
			expect(await store.commit([{ reservation, entry }])).toEqual(['invalidated']);
			for (const process of [store, other]) expect(await answers(process, entry)).toBe(false);
			expect(await store.count([allTag(), itemTag('articles', '1')])).toEqual([0, 0]);
			expect(await commitTo(other, entry)).toBe('stored');
			expect(await answers(store, entry)).toBe(true);
		});

		it('before anything was captured changes nothing for what comes after', async () => {
			const { store } = harness();
			expect(await purge(store, [freeTag('unknown'), allTag()])).toMatchObject({ entries: 0 });
			const entry = await put(harness(), { freeTags: ['unknown'] });
			expect(await answers(store, entry)).toBe(true);
		});

		it('of a replaced entry’s dependencies leaves its successor, which has others', async () => {
			const { store, clock } = harness();
			const former = await put(harness(), { freeTags: ['former'] });
			const entry = sampleEntry(clock, { key: former.meta.key, freeTags: ['newer'] });
			expect(await commitTo(store, entry)).toBe('stored');
			expect(await purge(store, [freeTag('former')])).toMatchObject({ entries: 0 });
			expect(await answers(store, entry)).toBe(true);
			expect(await purge(store, [freeTag('newer')])).toMatchObject({ entries: 1 });
		});

		it('counts live entries exactly, with what they cost, served and take', async () => {
			const { store } = harness();
			const entries = [
				await put(harness(), { ...article('1'), usd: 0.5 }),
				await put(harness(), { ...article('2'), usd: 0.25 }),
				await put(harness(), { ...article('3'), provider: 'deepseek', model: 'deepseek-chat', usd: 2 }),
			];
			await store.addHits(new Map(entries.map(({ meta }, index) => [meta.key, index + 1])));
			const sizes = await Promise.all(entries.map(async ({ meta }) => (await store.read(meta.key))!.size));
			expect(await purge(store, [providerTag('openai')])).toEqual({
				entries: 2,
				usd: 0.75,
				hits: 3,
				bytes: sizes[0]! + sizes[1]!,
			});
			expect(await purge(store, [collectionTag('articles')])).toEqual({
				entries: 1,
				usd: 2,
				hits: 3,
				bytes: sizes[2]!,
			});
		});

		it('counts no expired entry, and nothing twice', async () => {
			const { store, clock } = harness();
			await put(harness(), { ttl: 60 });
			await put(harness(), { ttl: 120 });
			clock.advanceSeconds(61);
			expect(await purge(store, [allTag()])).toMatchObject({ entries: 1 });
			expect(await purge(store, [allTag()])).toMatchObject({ entries: 0 });
		});

		it('counts an entry that holds several of the tags once', async () => {
			const { store } = harness();
			await put(harness(), { content: [{ collection: 'articles', items: ['1', '2'] }], freeTags: ['a'] });
			await put(harness(), { content: [{ collection: 'articles', items: ['2'] }] });
			await put(harness(), { freeTags: ['a'] });
			await put(harness(), { freeTags: ['b'] });
			const tags = [itemTag('articles', '1'), itemTag('articles', '2'), freeTag('a'), freeTag('nothing')];
			expect(await purge(store, tags)).toMatchObject({ entries: 3 });
			expect(await purge(store, [allTag()])).toMatchObject({ entries: 1 });
		});

		it('shares overlapping entries between purges that come right after one another, or at once', async () => {
			const { store, other } = harness();
			for (let item = 0; item < 40; item++) {
				await put(harness(), { ...article(String(item)), freeTags: [`t${item % 4}`] });
			}
			const invalidations = await Promise.all([
				store.invalidate([freeTag('t0')]),
				other.invalidate([collectionTag('articles')]),
				store.invalidate([freeTag('t1'), freeTag('t0')]),
				other.invalidate([allTag()]),
				store.invalidate([providerTag('openai')]),
			]);
			const counts = await Promise.all(invalidations.map(({ counted }) => counted));
			expect(counts.reduce((sum, { entries }) => sum + entries, 0)).toBe(40);
			expect(await purge(store, [allTag()])).toMatchObject({ entries: 0 });
		});

		it('of thousands of tags drops all that hold one, and counts each once, whoever else purges meanwhile', async () => {
			const { store, other } = harness();
			const kept = await put(harness(), { freeTags: ['kept'] });
			const entries = [];
			for (let item = 0; item < 40; item++) {
				entries.push(await put(harness(), { ...article(String(item)), freeTags: [`t${item % 4}`] }));
			}
			const nothing = Array.from({ length: 2500 }, (_, index) => freeTag(`nothing ${index}`));
			const items = entries.map((_, item) => itemTag('articles', String(item)));
			// Far apart, so that an entry's two tags are not carried out in one piece.
			const many = [...items, ...nothing, ...[0, 1, 2, 3].map((index) => freeTag(`t${index}`))];
			const invalidations = await Promise.all([
				store.invalidate(many),
				other.invalidate([freeTag('t1'), itemTag('articles', '2')]),
				store.invalidate(many.toReversed()),
			]);
			const counts = await Promise.all(invalidations.map(({ counted }) => counted));
			expect(counts.reduce((sum, { entries }) => sum + entries, 0)).toBe(40);
			for (const process of [store, other]) {
				for (const entry of entries) expect(await answers(process, entry)).toBe(false);
				expect(await answers(process, kept)).toBe(true);
			}
		});

		it('counts what is dropped exactly while the same keys are stored anew', async () => {
			const { store, other, clock } = harness();
			const keys = Array.from({ length: 60 }, (_, index) => `openai:gpt-4o:again${index}`);
			for (const key of keys) await put(harness(), { key, freeTags: ['x'] });
			const { counted } = await store.invalidate([freeTag('x')]);
			await Promise.all(keys.map((key) => commitTo(other, sampleEntry(clock, { key, freeTags: ['x'] }), true)));
			expect(await counted).toMatchObject({ entries: 60 });
			expect(await purge(other, [freeTag('x')])).toMatchObject({ entries: 60 });
		});

		it('takes what a purge of the collection names, and what an edit of one item names', async () => {
			const { store } = harness();
			const whole = await put(harness(), { content: [{ collection: 'articles' }] });
			const first = await put(harness(), article('1'));
			const title = await put(harness(), { content: [{ collection: 'articles', items: ['1'], fields: ['title'] }] });
			const second = await put(harness(), article('2'));
			const edit = { kind: 'update', collection: 'articles', items: ['1'], fields: ['body'] } as const;
			expect(await purge(store, changeTags(edit))).toMatchObject({ entries: 2 });
			const live = async () => Promise.all([whole, first, title, second].map((entry) => answers(store, entry)));
			expect(await live()).toEqual([false, false, true, true]);
			await purge(store, purgeTags({ collection: 'articles' })!);
			expect(await live()).toEqual([false, false, false, false]);
		});

		it('measures what it would drop, and drops nothing by that', async () => {
			const { store, clock } = harness();
			const entry = await put(harness(), { ...article('1'), usd: 1 });
			await put(harness(), { ...article('2'), provider: 'mistral', model: 'mistral-small' });
			await put(harness(), { ...article('3'), ttl: 60 });
			clock.advanceSeconds(61);
			const sets = [[providerTag('openai')], [collectionTag('articles'), anyChangeTag('articles')]];
			expect(await store.measure(sets)).toMatchObject({ entries: 1, usd: 1 });
			expect(await store.measure([[collectionTag('articles')]])).toMatchObject({ entries: 2 });
			expect(await store.measure([[collectionTag('nothing')], [allTag()]])).toMatchObject({ entries: 0 });
			expect(await answers(store, entry)).toBe(true);
			await store.invalidate([collectionTag('articles')]);
			expect(await store.measure([[allTag()]])).toMatchObject({ entries: 0 });
		});

		it('keeps a count per tag', async () => {
			const { store, clock } = harness();
			for (let item = 0; item < 5; item++) await put(harness(), article(String(item % 2)));
			await put(harness(), { provider: 'anthropic', model: 'claude-3-opus', ttl: 60 });
			clock.advanceSeconds(61);
			const tags = [allTag(), itemTag('articles', '0'), providerTag('anthropic'), freeTag('none'), allTag()];
			expect(await store.count(tags)).toEqual([5, 3, 0, 0, 5]);
			await purge(store, [itemTag('articles', '0')]);
			await expect.poll(() => store.count(tags)).toEqual([2, 0, 0, 0, 2]);
			expect(await store.count([])).toEqual([]);
		});
	});
}
