import { describe, expect, it, vi } from 'vitest';

import { freeTag } from '../../src/cache/tags/tags.ts';
import { deferred } from './support/deferred.ts';
import { instead, startEngine, textOf } from './support/engine.ts';

const tagged = { dependencies: { content: [], tags: ['news'] }, wantsLive: true };
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a generation under way', () => {
	it('is joined if a later read shows that nothing it was made from has changed', async () => {
		const engine = startEngine();
		const read = deferred<boolean>();
		const process = engine.join(instead(engine.store, { stillHolds: () => read.promise }));
		const leading = process.ask(tagged);
		const stream = (await process.upstream.call(1)).stream('live');
		await leading;
		const next = process.ask(tagged);
		await settle();
		read.resolve(true);
		expect((await next).live).toBe('live');
		stream.end('one');
	});

	it.each([
		['shows a change', () => Promise.resolve(false)],
		['fails', () => Promise.reject(new Error('ECONNRESET'))],
		['does not come back', () => new Promise<boolean>(() => {})],
	])('is not joined if that read %s, but waited out', async (_, stillHolds) => {
		const engine = startEngine({ storeBudgetMs: 20 });
		const begin = vi.fn(engine.store.begin.bind(engine.store));
		const process = engine.join(instead(engine.store, { stillHolds, begin }));
		const leading = process.ask(tagged);
		const { end } = (await process.upstream.call(1)).stream('live');
		expect((await leading).live).toBe('live');
		const next = process.ask(tagged);
		await vi.waitUntil(() => begin.mock.calls.length === 2);
		end('one');
		const answer = await next;
		expect([answer.status, answer.live, await textOf(answer)]).toEqual(['COALESCED', undefined, 'one']);
		expect(process.upstream.calls).toHaveLength(1);
	});

	it('is joined without another read by those who asked before its leader captured what it depends on', async () => {
		const engine = startEngine();
		const stillHolds = vi.fn(engine.store.stillHolds.bind(engine.store));
		const process = engine.join(instead(engine.store, { stillHolds }));
		const asking = [process.ask(), process.ask(), process.ask()];
		(await process.upstream.call(1)).answer('one');
		expect((await Promise.all(asking)).map(({ status }) => status)).toEqual(['MISS', 'COALESCED', 'COALESCED']);
		expect(stillHolds).not.toHaveBeenCalled();
	});

	it('that went past a store which is away is joined by nobody who asks later: nothing shows a change', async () => {
		const engine = startEngine();
		const fails = () => Promise.reject(new Error('ECONNRESET'));
		const away = engine.join(instead(engine.store, { lookup: fails, begin: fails }));
		const leading = away.ask();
		const first = await away.upstream.call(1);
		const next = away.ask();
		(await away.upstream.call(2)).answer('two');
		first.answer('one');
		expect([await textOf(await leading), await textOf(await next)]).toEqual(['one', 'two']);
	});
});

describe('a hit', () => {
	it('is not used under a key that was computed with older versions of the models', async () => {
		const engine = startEngine();
		await engine.models.reload();
		await engine.fill('one');
		const remote = engine.join();
		await remote.models.reload();
		expect((await remote.ask()).status).toBe('HIT');
		await engine.models.raise('openai', 'gpt-4o');
		const bypassed = await remote.fill('two');
		expect([bypassed.status, (await bypassed.outcome).notStored]).toEqual(['BYPASS', 'store_unavailable']);
		expect(remote.models.version('openai', 'gpt-4o')).toBe(2);
	});

	it('is proven together with the versions of who may do what and of the settings', async () => {
		const engine = startEngine();
		await engine.fill('one', tagged);
		const { cache, store } = engine;
		const lookup = {
			provider: 'openai',
			model: 'gpt-4o',
			collection: null,
			key: 'openai:gpt-4o:key',
			tags: [],
		} as const;
		const before = await cache.reads.versions();
		const accepts = vi.fn(() => true);
		expect(await cache.prove([lookup], accepts)).toMatchObject([{ meta: { preview: 'one' } }]);
		expect(accepts).toHaveBeenCalledWith(before);
		expect(await cache.prove([lookup], () => false)).toBeUndefined();
		await store.invalidate([freeTag('news')]);
		expect(await cache.prove([lookup], () => true)).toBeUndefined();
	});
});
