import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';

import { itemTag } from '../../src/cache/tags/tags.ts';
import { NotCachedError } from '../../src/cache/errors.ts';
import { counted, type Engine, startEngine, textOf, TTL } from './support/engine.ts';

const itemFive = { content: [{ collection: 'articles', items: ['5'] }], tags: [] };

/** An engine that holds the answer “one”. */
async function filled(draft = {}): Promise<Engine> {
	const engine = startEngine();
	await engine.fill('one', {}, draft);
	return engine;
}

describe('a request', () => {
	it('is generated once and then answered from the cache', async () => {
		const engine = startEngine();
		const miss = await engine.fill('one');
		const hit = await engine.ask();
		expect([miss.status, hit.status]).toEqual(['MISS', 'HIT']);
		expect(await textOf(hit)).toBe('one');
		expect((await miss.outcome).notStored).toBeNull();
		expect(engine.upstream.calls).toHaveLength(1);
	});

	it('is counted as what it was, with what a hit spared and a miss spent', async () => {
		const engine = await filled();
		await engine.ask();
		expect(counted(await engine.counts())).toEqual({
			misses: 1,
			hits: 1,
			stored: 1,
			stored_bytes: expect.any(Number) as number,
			spent_usd: 0.5,
			spent_tokens: 15,
			spent_ms: 800,
			saved_usd: 0.5,
			saved_tokens: 15,
			saved_ms: 800,
		});
	});

	it('is generated anew when the answer’s life is over', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(TTL);
		expect((await engine.fill('two')).status).toBe('MISS');
		expect(await textOf(await engine.ask())).toBe('two');
	});

	it('is not answered with what lacks one of its dependencies; what is stored then answers both', async () => {
		const engine = await filled();
		const second = await engine.fill('two', { dependencies: itemFive });
		expect(second.status).toBe('MISS');
		expect((await engine.ask()).status).toBe('HIT');
		expect((await engine.ask({ dependencies: itemFive })).status).toBe('HIT');
		await engine.store.invalidate([itemTag('articles', '5')]);
		expect((await engine.fill('three')).status).toBe('MISS');
	});

	it('keeps both dependencies when what is stored is widened from one to another', async () => {
		const engine = startEngine();
		const itemSix = { content: [{ collection: 'articles', items: ['6'] }], tags: ['six'] };
		await engine.fill('one', { dependencies: itemFive });
		await engine.fill('two', { dependencies: itemSix });
		const { entry } = await (await engine.ask({ dependencies: itemFive })).outcome;
		expect(entry.meta.content).toEqual([...itemSix.content, ...itemFive.content]);
		expect(entry.meta.freeTags).toEqual(['six']);
		await engine.store.invalidate([itemTag('articles', '5')]);
		expect((await engine.fill('three', { dependencies: itemSix })).status).toBe('MISS');
	});
});

describe('the mode', () => {
	it('no-cache generates and replaces', async () => {
		const engine = await filled();
		expect((await engine.fill('two', { mode: 'no-cache' })).status).toBe('REFRESH');
		expect(await textOf(await engine.ask())).toBe('two');
	});

	it('no-store neither looks up nor stores, and says so', async () => {
		const engine = await filled();
		const answer = await engine.fill('two', { mode: 'no-store' });
		expect(answer.status).toBe('BYPASS');
		expect((await answer.outcome).notStored).toBe('no_store');
		expect(await textOf(await engine.ask())).toBe('one');
		expect(await engine.counts()).toMatchObject({ bypassed: 1, misses: 1, hits: 1 });
	});

	it('no-store joins nobody, and nobody joins it', async () => {
		const engine = startEngine();
		const apart = engine.ask({ mode: 'no-store' });
		const shared = engine.ask();
		(await engine.upstream.call(1)).answer('apart');
		(await engine.upstream.call(2)).answer('shared');
		expect([await textOf(await apart), await textOf(await shared)]).toEqual(['apart', 'shared']);
	});

	it('only-if-cached answers from the cache or not at all', async () => {
		const engine = startEngine();
		await expect(engine.ask({ mode: 'only-if-cached' })).rejects.toThrow(NotCachedError);
		expect(engine.upstream.calls).toHaveLength(0);
		await engine.fill('one');
		expect((await engine.ask({ mode: 'only-if-cached' })).status).toBe('HIT');
	});
});

describe('an age limit', () => {
	it('refuses an older answer, and takes a younger one', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(10);
		expect((await engine.ask({ maxAge: 10 })).status).toBe('HIT');
		engine.clock.advanceSeconds(1);
		expect((await engine.fill('two', { maxAge: 10 })).status).toBe('REFRESH');
		expect(await textOf(await engine.ask())).toBe('two');
	});

	it('bounds a stale answer too', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(30);
		const within = await engine.ask({ maxAge: 10, staleWhileRevalidate: 25 });
		expect(within.status).toBe('STALE');
		(await engine.upstream.call(2)).answer('two');
		await engine.ask();
		engine.clock.advanceSeconds(30);
		expect((await engine.fill('three', { maxAge: 10, staleWhileRevalidate: 15 })).status).toBe('REFRESH');
	});

	it('refuses an older answer to a look-up and to a peek as well', async () => {
		const engine = await filled();
		const lookup = {
			provider: 'openai',
			model: 'gpt-4o',
			collection: null,
			key: 'openai:gpt-4o:key',
			tags: [],
		} as const;
		engine.clock.advanceSeconds(11);
		expect(await engine.cache.prove([lookup, { ...lookup, maxAge: 10 }], () => true)).toBeUndefined();
		expect(await engine.cache.lookup([{ ...lookup, maxAge: 10 }, lookup])).toMatchObject([undefined, { meta: {} }]);
		expect(await engine.cache.prove([lookup, { ...lookup, maxAge: 11 }], () => true)).toHaveLength(2);
	});
});

describe('an expired answer', () => {
	it('is given within its grace, and made anew behind it by one call for all', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(TTL + 5);
		const stale = await Promise.all([
			engine.ask({ staleWhileRevalidate: 10 }),
			engine.ask({ staleWhileRevalidate: 10 }),
		]);
		expect(stale.map(({ status }) => status)).toEqual(['STALE', 'STALE']);
		expect(await textOf(stale[0])).toBe('one');
		(await engine.upstream.call(2)).answer('two');
		await Promise.resolve();
		expect(await textOf(await engine.ask())).toBe('two');
		expect(engine.upstream.calls).toHaveLength(2);
	});

	it('made anew behind a stale one counts as no second look-up, but as money spent', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(TTL + 5);
		await engine.ask({ staleWhileRevalidate: 10 });
		(await engine.upstream.call(2)).answer('two');
		await engine.ask();
		expect(await engine.counts()).toMatchObject({ misses: 1, stale: 1, hits: 1, stored: 2, spent_usd: 1 });
	});

	it('is not given past its grace', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(TTL + 10);
		expect((await engine.fill('two', { staleWhileRevalidate: 10 })).status).toBe('MISS');
	});

	it('is given rather than an error, where the request allows it', async () => {
		const engine = await filled();
		engine.clock.advanceSeconds(TTL + 5);
		const answer = engine.ask({ staleIfError: 10 });
		(await engine.upstream.call(2)).fail(new Error('the provider broke'));
		expect((await answer).status).toBe('STALE');
		const strict = engine.ask();
		(await engine.upstream.call(3)).fail(new Error('the provider broke'));
		await expect(strict).rejects.toThrow('the provider broke');
		expect(await engine.counts()).toMatchObject({ errors: 2, stale: 1 });
	});

	it('is never given once what it depends on changed', async () => {
		const engine = startEngine();
		await engine.fill('one', { dependencies: itemFive });
		await engine.store.invalidate([itemTag('articles', '5')]);
		const asked = { dependencies: itemFive, staleWhileRevalidate: 500, staleIfError: 500 };
		const answer = engine.ask(asked);
		(await engine.upstream.call(2)).fail(new Error('the provider broke'));
		await expect(answer).rejects.toThrow('the provider broke');
	});
});

describe('an answer that may not be stored', () => {
	it.each([
		['truncated', {}, 'truncated', 'truncated'],
		['of no life', { ttl: 0 }, undefined, 'no_ttl'],
	])('(%s) is given, not kept, and leaves the way free', async (_, draft, refused, reason) => {
		const engine = startEngine();
		const answer = engine.ask();
		(await engine.upstream.call(1)).answer('one', draft, refused);
		expect((await (await answer).outcome).notStored).toBe(reason);
		expect((await engine.fill('two')).status).toBe('MISS');
		expect(await engine.counts()).toMatchObject({ misses: 2, stored: 1 });
	});

	it('(too large) is given and not kept', async () => {
		const engine = startEngine();
		const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
		const answer = engine.ask();
		(await engine.upstream.call(1)).answer('one', { body });
		expect((await (await answer).outcome).notStored).toBe('too_large');
	});
});

describe('what nobody asked for', () => {
	it('is stored and paid for, and counted neither as a hit nor as a miss', async () => {
		const engine = startEngine();
		await engine.fill('one', { background: true, record: () => Buffer.from('{}') });
		await engine.ask({ background: true, record: () => Buffer.from('{}') });
		expect(counted(await engine.counts())).toEqual({
			stored: 1,
			stored_bytes: expect.any(Number) as number,
			spent_usd: 0.5,
			spent_tokens: 15,
			spent_ms: 800,
		});
		expect(await engine.store.topRequested(10)).toEqual([]);
	});
});

describe('a signal that outlives its requests, as a warming’s or a refresh’s', () => {
	const { signal } = new AbortController();
	const listeners = () => getEventListeners(signal, 'abort').length;

	it('is listened to while a generation is under way, and holds on to none that ended', async () => {
		const engine = startEngine();
		for (const key of ['a', 'b', 'c']) await engine.fill(key, { key, signal, background: true });
		const failing = engine.ask({ key: 'd', signal });
		const call = await engine.upstream.call(4);
		expect(listeners()).toBe(1);
		call.fail(new Error('overloaded'));
		await expect(failing).rejects.toThrow('overloaded');
		expect(listeners()).toBe(0);
	});

	it('is let go by who leaves', async () => {
		const engine = startEngine();
		const asking = engine.ask({ signal, wantsLive: true });
		(await engine.upstream.call(1)).stream('live');
		(await asking).leave();
		expect(listeners()).toBe(0);
	});
});

describe('a provider that was never asked', () => {
	const noKey = new Error('no key');

	it.each(['default', 'no-store'] as const)('has not failed and was not passed on to, with mode %s', async (mode) => {
		const engine = startEngine({ neverAsked: (error) => error === noKey });
		const asking = engine.ask({ mode });
		(await engine.upstream.call(1)).fail(noKey);
		await expect(asking).rejects.toBe(noKey);
		expect(counted(await engine.counts())).toEqual({});
	});
});
