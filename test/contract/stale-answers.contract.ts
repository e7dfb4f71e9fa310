import { describe, expect, it } from 'vitest';
import {
	allTag,
	changeTags,
	collectionTag,
	type ContentChange,
	freeTag,
	keptCollectionTag,
	keptTag,
	keptTags,
	modelTag,
	providerTag,
} from '../../src/cache/tags/tags.ts';
import type { Entry } from '../../src/cache/entry.ts';
import { newId } from '../../src/cache/ids.ts';
import type { Lookup, Store } from '../../src/cache/store.ts';
import { LEASE_MS, lookupOf, put, type StoreHarness } from './harness.ts';
import { STALE_SECONDS } from './limits.ts';

const CONTENT = [{ collection: 'articles', items: ['1'], fields: ['title'] }];
const TAGS = keptTags('openai', 'gpt-4o', { content: CONTENT, tags: ['front page'] });
const UPDATE: ContentChange = { kind: 'update', collection: 'articles', items: ['1'], fields: ['title'] };

const placeOf = (entry: Entry): Lookup => ({ key: `${entry.meta.key}-kept`, tags: TAGS });

/** Keeps the entry as it is when its content changes: expired from the first, under what may never bring it back. */
async function keep(store: Store, entry: Entry, now: number, meanwhile = async () => {}): Promise<string | undefined> {
	const place = placeOf(entry);
	const [reservation] = await store.beginMany([place], newId, LEASE_MS);
	await meanwhile();
	const kept: Entry = { ...entry, meta: { ...entry.meta, ...place, ttl: 0, expires: now } };
	return (await store.commit([{ reservation: reservation!, entry: kept }]))[0];
}

const stateOf = async (store: Store, entry: Entry): Promise<string | undefined> =>
	(await store.lookup([placeOf(entry)]))[0]?.state;

export function keptContract(harness: () => StoreHarness): void {
	const make = () => put(harness(), { content: CONTENT, freeTags: ['front page'] });

	describe('an answer that is kept though its content changed', () => {
		it('is found as expired, by every process, and never as fresh', async () => {
			const { store, other, clock } = harness();
			const entry = await make();
			expect(await keep(store, entry, clock.now())).toBe('stored');
			await store.invalidate(changeTags(UPDATE));
			for (const process of [store, other]) {
				expect(await stateOf(process, entry)).toBe('expired');
				expect((await process.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
			}
		});

		it('counts neither as an entry nor as what a purge drops, and is in no list', async () => {
			const { store, clock } = harness();
			const entry = await make();
			await keep(store, entry, clock.now());
			await (
				await store.invalidate(changeTags(UPDATE))
			).counted;
			await expect.poll(() => store.count([allTag(), collectionTag('articles')])).toEqual([0, 0]);
			expect(await store.measure([[collectionTag('articles')]])).toMatchObject({ entries: 0, usd: 0 });
			const query = { sort: 'created', descending: true, limit: 10, cursor: null } as const;
			expect(await store.browse(query, [])).toMatchObject({ entries: [], total: 0 });
			expect(await (await store.invalidate([keptTag()])).counted).toMatchObject({ entries: 0 });
		});

		it.each([
			['any purge by hand, or change of who may do what', keptTag()],
			['a deletion in its collection', keptCollectionTag('articles')],
			['a purge of its collection', collectionTag('articles')],
			['a purge of its tag', freeTag('front page')],
			['a purge of its model', modelTag('openai', 'gpt-4o')],
			['a purge of its provider', providerTag('openai')],
			['a purge of everything', allTag()],
		])('does not come back after %s, nor if it was kept while that came', async (_, tag) => {
			const { store, other, clock } = harness();
			const [before, meanwhile] = [await make(), await make()];
			await keep(store, before, clock.now());
			expect(await stateOf(other, before)).toBe('expired');
			const purge = async (): Promise<void> => {
				await other.invalidate([tag]);
			};
			expect(await keep(store, meanwhile, clock.now(), purge)).toBe('invalidated');
			for (const process of [store, other]) {
				for (const entry of [before, meanwhile]) expect(await stateOf(process, entry)).not.toBe('expired');
			}
		});

		it('stays with another change of its content, and with a deletion elsewhere', async () => {
			const { store, other, clock } = harness();
			const entry = await make();
			await keep(store, entry, clock.now());
			await other.invalidate([...changeTags(UPDATE), keptCollectionTag('pages')]);
			expect(await stateOf(store, entry)).toBe('expired');
		});

		it('is gone after the time that expired entries are kept', async () => {
			const { store, clock } = harness();
			const entry = await make();
			await keep(store, entry, clock.now());
			clock.advanceSeconds(STALE_SECONDS + 1);
			expect(await stateOf(store, entry)).toBeUndefined();
		});
	});
}
