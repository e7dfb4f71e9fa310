import { describe, expect, it, vi } from 'vitest';

import { freeTag } from '../../src/cache/dependencies.ts';
import { deferred } from './support/deferred.ts';
import { instead, startEngine, textOf } from './support/engine.ts';

const tagged = { dependencies: { content: [], tags: ['news'] }, wantsLive: true };
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a stream under way in a process that is not sure to hear of changes', () => {
	it.each([
		['has lost', () => Promise.resolve(false)],
		['does not know', () => new Promise<boolean>(() => {})],
	])('is followed by nobody where it %s what others invalidated, but waited out', async (_, hears) => {
		const engine = startEngine();
		const begin = vi.fn(engine.store.begin.bind(engine.store));
		const deaf = engine.join(instead(engine.store, { hears, begin }));
		const leading = deaf.ask(tagged);
		const { end } = (await deaf.upstream.call(1)).stream('live');
		expect((await leading).live).toBe('live');
		const next = deaf.ask(tagged);
		await vi.waitUntil(() => begin.mock.calls.length === 2);
		end('one');
		const answer = await next;
		expect([answer.status, answer.live, await textOf(answer)]).toEqual(['COALESCED', undefined, 'one']);
		expect(deaf.upstream.calls).toHaveLength(1);
	});

	it('is left to those who asked before a change that it hears of a moment late', async () => {
		const engine = startEngine();
		const heard = deferred<boolean>();
		const late = engine.join(instead(engine.store, { hears: () => heard.promise }));
		const leading = late.ask(tagged);
		const stream = (await late.upstream.call(1)).stream('live one');
		await leading;
		const next = late.ask(tagged);
		await settle();
		await engine.store.invalidate([freeTag('news')]);
		heard.resolve(true);
		await settle();
		stream.end('old');
		(await late.upstream.call(2)).stream('live two').end('new');
		expect((await next).live).toBe('live two');
	});

	it('is followed once it is sure', async () => {
		const engine = startEngine();
		const heard = deferred<boolean>();
		const late = engine.join(instead(engine.store, { hears: () => heard.promise }));
		const leading = late.ask(tagged);
		const stream = (await late.upstream.call(1)).stream('live');
		await leading;
		const next = late.ask(tagged);
		await settle();
		heard.resolve(true);
		expect((await next).live).toBe('live');
		stream.end('one');
	});
});
