import { describe, expect, it } from 'vitest';

import { freeTag } from '../../src/cache/tags/tags.ts';
import { TooLargeError } from '../../src/cache/errors.ts';
import type { Store } from '../../src/cache/store.ts';
import { startEngine, textOf } from './support/engine.ts';

const tagged = { dependencies: { content: [], tags: ['news'] } };
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('identical requests at the same time', () => {
	it('make one call and get one answer', async () => {
		const engine = startEngine();
		const asking = Array.from({ length: 10 }, () => engine.ask());
		(await engine.upstream.call(1)).answer('one');
		const answers = await Promise.all(asking);
		expect(answers.map(({ status }) => status)).toEqual(['MISS', ...Array<string>(9).fill('COALESCED')]);
		expect(new Set(await Promise.all(answers.map(textOf)))).toEqual(new Set(['one']));
		expect(engine.upstream.calls).toHaveLength(1);
		expect(await engine.counts()).toMatchObject({ misses: 1, hits: 9, coalesced: 9, saved_usd: 4.5 });
		expect(engine.cache.underWay).toBe(0);
	});

	it('that get an answer which is not stored are all told so', async () => {
		const engine = startEngine();
		const asking = [engine.ask(), engine.ask()];
		(await engine.upstream.call(1)).answer('one', {}, 'refusal');
		const outcomes = await Promise.all((await Promise.all(asking)).map(({ outcome }) => outcome));
		expect(outcomes.map(({ notStored }) => notStored)).toEqual(['refusal', 'refusal']);
	});

	it('of two processes make one call too', async () => {
		const engine = startEngine();
		const other = engine.join();
		const leading = engine.ask();
		const call = await engine.upstream.call(1);
		const following = [other.ask(), other.ask()];
		await settle();
		call.answer('one');
		const answers = await Promise.all([leading, ...following]);
		expect(answers.map(({ status }) => status)).toEqual(['MISS', 'COALESCED', 'COALESCED']);
		expect(await textOf(answers[1]!)).toBe('one');
		expect(other.upstream.calls).toHaveLength(0);
	});

	it('with other dependencies do not follow one that lacks them', async () => {
		const engine = startEngine();
		const plain = engine.ask();
		await engine.upstream.call(1);
		const more = engine.ask(tagged);
		engine.upstream.calls[0]!.answer('one');
		await plain;
		(await engine.upstream.call(2)).answer('two');
		expect([(await more).status, await textOf(await more)]).toEqual(['MISS', 'two']);
	});
});

describe('a stream that will not do for another request', () => {
	it('is waited out by it: it gets the answer that is made of it', async () => {
		const engine = startEngine();
		const leading = engine.ask({ wantsLive: true });
		const { end } = (await engine.upstream.call(1)).stream('live');
		const joined = await engine.ask({ wantsLive: true, joins: (live) => live === 'live' });
		const waiting = engine.ask({ wantsLive: true, joins: (live) => live !== 'live' });
		await settle();
		end('one');
		expect([(await leading).live, joined.live, (await waiting).live]).toEqual(['live', 'live', undefined]);
		expect([(await waiting).status, await textOf(await waiting)]).toEqual(['COALESCED', 'one']);
		expect(engine.upstream.calls).toHaveLength(1);
	});

	it('and makes no answer to share is asked for by each of them, and fails nobody', async () => {
		const engine = startEngine();
		const settled = Promise.all([1, 2, 3, 4].map(() => engine.ask({ wantsLive: true, joins: () => false })));
		for (const number of [1, 2, 3, 4]) {
			const { breakOff } = (await engine.upstream.call(number)).stream(`${number}`);
			await settle().then(() => breakOff(new TooLargeError()));
		}
		expect((await settled).map(({ live }) => live)).toEqual(['1', '2', '3', '4']);
	});
});

describe('a stream whose answer outgrows an entry', () => {
	it('is a miss and no error, and a hit without usage to those who joined it', async () => {
		const engine = startEngine();
		const leading = engine.ask({ wantsLive: true });
		const { breakOff } = (await engine.upstream.call(1)).stream('live');
		const joined = await engine.ask({ wantsLive: true });
		breakOff(new TooLargeError());
		await expect((await leading).outcome).rejects.toBeInstanceOf(TooLargeError);
		await expect(joined.outcome).rejects.toBeInstanceOf(TooLargeError);
		expect([(await leading).status, joined.status]).toEqual(['MISS', 'COALESCED']);
		const counts = { misses: 1, hits: 1, coalesced: 1, hits_without_usage: 1, errors: 0, stored: 0, saved_usd: 0 };
		expect(await engine.counts()).toMatchObject(counts);
	});
});

describe('a hit whose provider told no usage', () => {
	it('is counted apart, and saves time alone', async () => {
		const engine = startEngine();
		await engine.fill('one', {}, { usage: { input_tokens: 0, output_tokens: 0 }, usd: 0 });
		await engine.ask();
		await engine.fill('two', { key: 'other' });
		await engine.ask({ key: 'other' });
		const counts = await engine.counts();
		expect(counts).toMatchObject({ hits: 2, hits_without_usage: 1 });
		expect(counts.saved_ms).toBeGreaterThan(0);
	});
});

describe('a failed leader', () => {
	it('fails itself alone: one of its followers asks once more for all', async () => {
		const engine = startEngine();
		const leading = engine.ask();
		const following = [engine.ask(), engine.ask(), engine.ask()];
		(await engine.upstream.call(1)).fail(new Error('the provider broke'));
		await expect(leading).rejects.toThrow('the provider broke');
		(await engine.upstream.call(2)).answer('two');
		const statuses = (await Promise.all(following)).map(({ status }) => status);
		expect(statuses.sort()).toEqual(['COALESCED', 'COALESCED', 'MISS']);
		expect(engine.upstream.calls).toHaveLength(2);
	});

	it('whose follower fails as well ends it for all, without a call each', async () => {
		const engine = startEngine();
		const asking = Array.from({ length: 6 }, () => engine.ask());
		const settled = Promise.allSettled(asking);
		(await engine.upstream.call(1)).fail(new Error('first'));
		(await engine.upstream.call(2)).fail(new Error('second'));
		expect((await settled).map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
		expect(engine.upstream.calls).toHaveLength(2);
		expect(engine.cache.underWay).toBe(0);
	});

	it('in another process leaves the way free at once', async () => {
		const engine = startEngine();
		const other = engine.join();
		const leading = engine.ask();
		const call = await engine.upstream.call(1);
		const following = other.ask();
		await settle();
		call.fail(new Error('the provider broke'));
		await expect(leading).rejects.toThrow();
		(await other.upstream.call(1)).answer('two');
		expect((await following).status).toBe('MISS');
	});
});

describe('a caller who leaves', () => {
	it('does not end what others wait for, not even as its leader', async () => {
		const engine = startEngine();
		const leaving = new AbortController();
		const leading = engine.ask({ signal: leaving.signal });
		const following = engine.ask();
		const call = await engine.upstream.call(1);
		await settle();
		leaving.abort();
		expect(call.signal.aborted).toBe(false);
		call.answer('one');
		expect((await following).status).toBe('COALESCED');
		await leading;
	});

	it('as the last ends the call, which counts as no error', async () => {
		const engine = startEngine();
		const callers = [new AbortController(), new AbortController()];
		const settled = Promise.allSettled(callers.map(({ signal }) => engine.ask({ signal })));
		const call = await engine.upstream.call(1);
		await settle();
		callers[0]!.abort();
		expect(call.signal.aborted).toBe(false);
		callers[1]!.abort();
		expect(call.signal.aborted).toBe(true);
		expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		expect((await engine.counts()).errors).toBe(0);
	});

	it('leaves the key free for the next', async () => {
		const engine = startEngine();
		const leaving = new AbortController();
		const gone = engine.ask({ signal: leaving.signal });
		await engine.upstream.call(1);
		leaving.abort();
		await expect(gone).rejects.toThrow();
		expect((await engine.fill('two')).status).toBe('MISS');
	});
});

describe('a change of the content while an answer is under way', () => {
	it('keeps the answer from being stored, and from those who ask after the change', async () => {
		const engine = startEngine();
		const before = engine.ask(tagged);
		const call = await engine.upstream.call(1);
		await engine.store.invalidate([freeTag('news')]);
		const after = engine.ask(tagged);
		call.answer('old');
		expect((await (await before).outcome).notStored).toBe('invalidated');
		(await engine.upstream.call(2)).answer('new');
		expect(await textOf(await after)).toBe('new');
		expect(await textOf(await engine.ask(tagged))).toBe('new');
	});

	it('sends those who had joined back to ask anew: they cannot tell whether they came before it', async () => {
		const engine = startEngine();
		const leading = engine.ask(tagged);
		const call = await engine.upstream.call(1);
		const joined = engine.ask(tagged);
		await settle();
		await engine.store.invalidateMatching([[freeTag('news')]]);
		call.answer('old');
		expect(await textOf(await leading)).toBe('old');
		(await engine.upstream.call(2)).answer('new');
		expect(await textOf(await joined)).toBe('new');
	});

	it('in a row does not keep a follower waiting for ever', async () => {
		const engine = startEngine();
		const asking = [engine.ask(tagged), engine.ask(tagged), engine.ask(tagged)];
		const settled = Promise.all(asking);
		for (let round = 1; round <= 3; round++) {
			const call = await engine.upstream.call(round);
			await settle();
			await engine.store.invalidateMatching([[freeTag('news')]]);
			call.answer(`old ${round}`);
		}
		expect((await Promise.all((await settled).map(textOf))).sort()).toEqual(['old 1', 'old 2', 'old 3']);
	});

	it.each([
		['of a tag', (store: Store) => store.invalidate([freeTag('news')])],
		['of combined criteria', (store: Store) => store.invalidateMatching([[freeTag('news')], ['*']])],
		['of its key', (store: Store) => store.removeKeys(['openai:gpt-4o:key'])],
	])('also keeps those away who want to follow its stream: a purge %s', async (_, purge) => {
		const engine = startEngine();
		const leading = engine.ask({ ...tagged, wantsLive: true });
		const stream = (await engine.upstream.call(1)).stream('live one');
		expect((await leading).live).toBe('live one');
		await purge(engine.store);
		const after = engine.ask({ ...tagged, wantsLive: true });
		await settle();
		stream.end('old');
		(await engine.upstream.call(2)).stream('live two').end('new');
		expect((await after).live).toBe('live two');
	});
});

describe('a stream under way', () => {
	it('is followed by those who want it, and waited for by those who do not', async () => {
		const engine = startEngine();
		const leading = engine.ask({ wantsLive: true });
		const stream = (await engine.upstream.call(1)).stream('live');
		expect(await leading).toMatchObject({ status: 'MISS', live: 'live' });
		expect(await engine.ask({ wantsLive: true })).toMatchObject({ status: 'COALESCED', live: 'live' });
		const whole = engine.ask();
		stream.end('one');
		expect(await textOf(await whole)).toBe('one');
		expect((await whole).live).toBeUndefined();
		expect((await (await leading).outcome).notStored).toBeNull();
	});

	it('that breaks off is an error to its outcome, and is not stored', async () => {
		const engine = startEngine();
		const leading = engine.ask({ wantsLive: true });
		(await engine.upstream.call(1)).stream('live').breakOff(new Error('it broke off'));
		await expect((await leading).outcome).rejects.toThrow('it broke off');
		expect((await engine.fill('two')).status).toBe('MISS');
	});
});
