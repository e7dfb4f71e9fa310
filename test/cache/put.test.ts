import { describe, expect, it } from 'vitest';

import { freeTag } from '../../src/cache/tags/tags.ts';
import { generated, lookupOf, putItem, startEngine, textIn, TTL } from './support/engine.ts';

describe('answers obtained elsewhere', () => {
	it('are stored together and found together, in order', async () => {
		const { cache, counts } = startEngine();
		const outcomes = await cache.put([putItem('a', 'one'), putItem('b', 'two')]);
		expect(outcomes.map(({ notStored }) => notStored)).toEqual([null, null]);
		const found = await cache.lookup([lookupOf('b'), lookupOf('missing'), lookupOf('a')]);
		const texts = await Promise.all(found.map(async (entry) => entry && textIn(entry)));
		expect(texts).toEqual(['two', undefined, 'one']);
		expect(await counts()).toMatchObject({ stored: 2, hits: 2, misses: 1, spent_usd: 0 });
	});

	it('fail one by one', async () => {
		const { cache } = startEngine();
		const large = generated('two', { body: Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251)) });
		const outcomes = await cache.put([putItem('a', 'one'), putItem('b', 'two', { generated: large })]);
		expect(outcomes.map(({ notStored }) => notStored)).toEqual([null, 'too_large']);
	});

	it('replace what stood there, also while it is being generated', async () => {
		const engine = startEngine();
		const generating = engine.ask({ key: 'a' });
		const call = await engine.upstream.call(1);
		await engine.cache.put([putItem('a', 'put')]);
		call.answer('generated');
		expect((await (await generating).outcome).notStored).toBe('superseded');
		const [entry] = await engine.cache.lookup([lookupOf('a')]);
		expect(await textIn(entry!)).toBe('put');
	});

	it('live as long as they were given, and are gone with what they depend on', async () => {
		const { cache, clock, store } = startEngine();
		const dependencies = { content: [], tags: ['news'] };
		await cache.put([putItem('a', 'one'), putItem('b', 'two', { dependencies })]);
		await store.invalidate([freeTag('news')]);
		expect(await cache.lookup([lookupOf('a'), lookupOf('b')])).toMatchObject([{ meta: { key: 'a' } }, undefined]);
		clock.advanceSeconds(TTL);
		expect(await cache.lookup([lookupOf('a')])).toEqual([undefined]);
	});

	it('are not found by a request that depends on more', async () => {
		const { cache } = startEngine();
		await cache.put([putItem('a', 'one')]);
		expect(await cache.lookup([lookupOf('a', { content: [], tags: ['news'] })])).toEqual([undefined]);
	});

	it('may be none at all', async () => {
		const { cache } = startEngine();
		expect(await cache.put([])).toEqual([]);
		expect(await cache.lookup([])).toEqual([]);
	});
});

describe('a peek', () => {
	it('finds what is stored, counted as a hit, and counts nothing otherwise', async () => {
		const { cache, counts } = startEngine();
		expect(await cache.prove([lookupOf('a')], () => true)).toBeUndefined();
		await cache.put([putItem('a', 'one')]);
		expect(await cache.prove([lookupOf('a')], () => true)).toMatchObject([{ meta: { key: 'a' } }]);
		expect(await counts()).toMatchObject({ hits: 1, misses: 0, saved_usd: 0.5 });
	});

	it('finds all that it is asked for or nothing, and counts nothing of the latter', async () => {
		const { cache, counts } = startEngine();
		await cache.put([putItem('a', 'one')]);
		expect(await cache.prove([lookupOf('a'), lookupOf('b')], () => true)).toBeUndefined();
		expect(await counts()).toMatchObject({ hits: 0 });
		await cache.put([putItem('b', 'two')]);
		expect(await cache.prove([lookupOf('a'), lookupOf('b')], () => true)).toMatchObject([
			{ meta: { key: 'a' } },
			{ meta: { key: 'b' } },
		]);
		expect(await counts()).toMatchObject({ hits: 2 });
	});
});
