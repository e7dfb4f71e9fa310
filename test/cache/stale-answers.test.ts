import { describe, expect, it } from 'vitest';
import { changeTags, dependencyTags, keptTag, keptTags } from '../../src/cache/tags/tags.ts';
import type { KeptPlace } from '../../src/cache/generation/types.ts';
import { type Engine, IDENTITY, startEngine, textOf } from './support/engine.ts';

const CONTENT = [{ collection: 'articles', items: ['1'], fields: ['title'] }];
const DEPENDENCIES = { content: CONTENT, tags: [] };
const { provider, model } = IDENTITY;
const UPDATE = changeTags({ kind: 'update', collection: 'articles', items: ['1'], fields: ['title'] });
const OLD = {
	key: 'openai:gpt-4o:old text',
	dependencies: DEPENDENCIES,
	tags: dependencyTags(provider, model, DEPENDENCIES),
};
/** The same question once its text was rendered from the new content. */
const NEW = { ...OLD, key: 'openai:gpt-4o:new text' };

const place = (leaveMs = 0): KeptPlace => ({
	key: 'openai:gpt-4o:kept',
	tags: keptTags(provider, model, DEPENDENCIES),
	leaveMs,
});

/** An engine whose answer to the old text was kept when its content changed a moment ago. */
async function changed(): Promise<Engine> {
	const engine = startEngine();
	const answer = await engine.fill('the old answer', OLD);
	const { entry } = await answer.outcome;
	engine.clock.advanceSeconds(5);
	const { key, tags } = place();
	const [reservation] = await engine.store.beginMany([{ key, tags }], () => 'keeper-12345', 5000);
	const kept = { ...entry, meta: { ...entry.meta, key, tags, ttl: 0, expires: engine.clock.now() } };
	await engine.store.invalidate(UPDATE);
	expect(await engine.store.commit([{ reservation: reservation!, entry: kept }])).toEqual(['stored']);
	return engine;
}

describe('an answer whose content changed', () => {
	it('is given, marked, to a request that says how old it may be, while a new one is made', async () => {
		const engine = await changed();
		engine.clock.advanceSeconds(20);
		const answer = await engine.ask({ ...NEW, kept: place(), staleWhileRevalidate: 30 });
		expect([answer.status, await textOf(answer)]).toEqual(['STALE', 'the old answer']);
		expect(answer.entry?.meta).toMatchObject({ key: NEW.key, expires: engine.clock.now() - 20_000 });
		(await engine.upstream.call(2)).answer('the new answer');
		await expect.poll(async () => (await engine.ask({ ...NEW, kept: place() })).status).toBe('HIT');
		expect(engine.upstream.calls).toHaveLength(2);
		expect(await engine.counts()).toMatchObject({ stale: 1 });
	});

	it.each([
		['says nothing of the kind', { kept: place() }],
		['allows nothing to be kept', { staleWhileRevalidate: 30 }],
		['allows less time than has passed', { kept: place(), staleWhileRevalidate: 19 }],
		['refuses answers of that age', { kept: place(), staleWhileRevalidate: 15, maxAge: 10 }],
		['asks for a new answer', { kept: place(), staleWhileRevalidate: 30, mode: 'no-cache' as const }],
		[
			'depends on more than it did',
			{
				kept: { ...place(), tags: [...place().tags, 'c:pages'] },
				staleWhileRevalidate: 30,
			},
		],
	])('is not given to a request that %s', async (_, more) => {
		const engine = await changed();
		engine.clock.advanceSeconds(20);
		const answer = await engine.fill('the new answer', { ...NEW, ...more });
		expect(['MISS', 'REFRESH']).toContain(answer.status);
		expect(await textOf(answer)).toBe('the new answer');
	});

	it('is given to nobody after a purge', async () => {
		const engine = await changed();
		await engine.store.invalidate([keptTag()]);
		const answer = await engine.fill('the new answer', { ...NEW, kept: place(), staleWhileRevalidate: 30 });
		expect(answer.status).toBe('MISS');
	});

	it('is left to those who make it again, for the time that this may take', async () => {
		const engine = await changed();
		const request = { ...NEW, kept: place(10_000), staleWhileRevalidate: 60 };
		engine.clock.advanceSeconds(9);
		expect((await engine.ask(request)).status).toBe('STALE');
		expect(engine.upstream.calls).toHaveLength(1);
		engine.clock.advanceSeconds(1);
		expect((await engine.ask(request)).status).toBe('STALE');
		(await engine.upstream.call(2)).answer('the new answer');
	});

	it('gives way to the new one as soon as that is there', async () => {
		const engine = await changed();
		await engine.fill('the new answer', NEW);
		const answer = await engine.ask({ ...NEW, kept: place(), staleWhileRevalidate: 30 });
		expect([answer.status, await textOf(answer)]).toEqual(['HIT', 'the new answer']);
	});
});
