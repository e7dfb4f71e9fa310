import { describe, expect, it } from 'vitest';

import { type ModelChange, Models } from '../../src/cache/model-versions.ts';
import type { ModelState } from '../../src/cache/store.ts';
import { deferred } from './support/deferred.ts';
import { startEngine } from './support/engine.ts';

function setUp() {
	const { store, clock } = startEngine();
	const changes: ModelChange[] = [];
	const join = () => new Models(store, clock, async (change) => void changes.push(change));
	const models = join();
	const observe = (snapshot: string | null, fingerprint: string | null = null) =>
		models.observe('openai', 'gpt-4o', snapshot, fingerprint);
	const state = () => models.states().get('openai/gpt-4o');
	return { models, join, observe, state, changes, clock, store };
}

describe('the snapshot behind a model’s name', () => {
	it('is taken note of when first seen, and is no change', async () => {
		const { observe, state, changes } = setUp();
		await observe('gpt-4o-2024-08-06');
		expect(state()).toMatchObject({ version: 1, snapshot: 'gpt-4o-2024-08-06', changedAt: null });
		expect(changes).toEqual([]);
	});

	it('is told of once when another answers', async () => {
		const { observe, state, changes, clock } = setUp();
		await observe('gpt-4o-2024-08-06');
		clock.advanceSeconds(60);
		await Promise.all([observe('gpt-4o-2024-11-20'), observe('gpt-4o-2024-11-20')]);
		await observe('gpt-4o-2024-11-20');
		expect(changes).toEqual([
			{
				provider: 'openai',
				model: 'gpt-4o',
				kind: 'snapshot',
				from: 'gpt-4o-2024-08-06',
				to: 'gpt-4o-2024-11-20',
			},
		]);
		expect(state()).toMatchObject({ snapshot: 'gpt-4o-2024-11-20', changedAt: clock.now(), version: 1 });
	});

	it('is told of once while a provider rolls another out, and both answer by turns', async () => {
		const { observe, changes, state } = setUp();
		for (const day of ['08-06', '11-20', '08-06', '11-20', '08-06']) await observe(`gpt-4o-2024-${day}`);
		expect(changes).toMatchObject([{ to: 'gpt-4o-2024-11-20' }]);
		expect(state()?.snapshot).toBe('gpt-4o-2024-11-20');
	});

	it('is told of once by two processes that see it one after the other', async () => {
		const { join, changes } = setUp();
		const processes = [join(), join()];
		for (const snapshot of ['gpt-4o-2024-08-06', 'gpt-4o-2024-11-20'])
			for (const process of processes) await process.observe('openai', 'gpt-4o', snapshot, null);
		expect(changes).toHaveLength(1);
	});

	it('has not changed any more once the version was raised: nothing stored comes from the one before', async () => {
		const { models, observe, state } = setUp();
		await observe('gpt-4o-2024-08-06');
		await observe('gpt-4o-2024-11-20');
		await models.raise('openai', 'gpt-4o');
		expect(state()).toMatchObject({ snapshot: 'gpt-4o-2024-11-20', changedAt: null, version: 2 });
	});

	it('stays known where an answer names none', async () => {
		const { observe, state, changes } = setUp();
		await observe('gpt-4o-2024-08-06');
		await observe(null);
		expect([state()?.snapshot, changes]).toEqual(['gpt-4o-2024-08-06', []]);
	});
});

describe('the system fingerprint', () => {
	it('is told of when its family was not seen before, and not when several take turns', async () => {
		const { observe, changes } = setUp();
		for (const fingerprint of ['fp_a1', 'fp_b2', 'fp_a1', 'fp_b2']) await observe('gpt-4o-2024-08-06', fingerprint);
		expect(changes).toMatchObject([{ kind: 'system_fingerprint', from: 'fp_a1', to: 'fp_b2' }]);
	});

	it('of DeepSeek is its build, not the part that differs from machine to machine', async () => {
		const { observe, changes } = setUp();
		await observe('deepseek-chat', 'fp_0f1a2b_prod0820_fp8_kvcache');
		await observe('deepseek-chat', 'fp_9e8d7c_prod0820_fp8_kvcache');
		expect(changes).toEqual([]);
		await observe('deepseek-chat', 'fp_9e8d7c_prod0901_fp8_kvcache');
		expect(changes).toMatchObject([{ from: 'prod0820_fp8_kvcache', to: 'prod0901_fp8_kvcache' }]);
	});

	it('that comes with another snapshot is part of that one change', async () => {
		const { observe, changes } = setUp();
		await observe('gpt-4o-2024-08-06', 'fp_a1');
		await observe('gpt-4o-2024-11-20', 'fp_b2');
		expect(changes.map(({ kind }) => kind)).toEqual(['snapshot']);
	});
});

describe('the version', () => {
	it('is 1 until it is raised, for that model alone', async () => {
		const { models } = setUp();
		expect(await models.raise('openai', 'gpt-4o')).toBe(2);
		expect(await models.raise('openai', 'gpt-4o')).toBe(3);
		expect([models.version('openai', 'gpt-4o'), models.version('openai', 'gpt-4o-mini')]).toEqual([3, 1]);
	});

	it('raised in another process is known after a reload, and is not raised from an old number', async () => {
		const { models, join } = setUp();
		const other = join();
		await other.raise('openai', 'gpt-4o');
		await models.reload();
		expect(models.version('openai', 'gpt-4o')).toBe(2);
		await models.raise('openai', 'gpt-4o');
		expect(await other.raise('openai', 'gpt-4o')).toBe(4);
	});

	it('raised in another process is not lowered by what this one notes of a snapshot', async () => {
		const { models, join, observe, store } = setUp();
		await models.reload();
		const modelStates = store.modelStates.bind(store);
		// As it stood when this process asked.
		store.modelStates = async () => {
			const states = new Map(await modelStates());
			store.modelStates = modelStates;
			await join().raise('openai', 'gpt-4o');
			return states;
		};
		await observe('gpt-4o-2024-08-06');
		await models.reload();
		expect(models.states().get('openai/gpt-4o')).toMatchObject({ version: 2, snapshot: 'gpt-4o-2024-08-06' });
	});

	it('that is told of while it is being loaded is loaded once more', async () => {
		const { models, join, store } = setUp();
		const modelStates = store.modelStates.bind(store);
		const { promise, resolve } = deferred<ReadonlyMap<string, ModelState>>();
		store.modelStates = () => promise;
		const loading = models.reload();
		store.modelStates = modelStates;
		await join().raise('openai', 'gpt-4o');
		const told = models.reload();
		resolve(new Map());
		await Promise.all([loading, told]);
		expect(models.version('openai', 'gpt-4o')).toBe(2);
	});

	it('stays as it is known while the store is away', async () => {
		const { models, store } = setUp();
		await models.raise('openai', 'gpt-4o');
		store.modelStates = () => Promise.reject(new Error('ECONNRESET'));
		await models.reload();
		expect(models.version('openai', 'gpt-4o')).toBe(2);
	});
});

describe('a value that is new in each answer', () => {
	const random = (index: number): string => `fp_${(0x100000000 + index * 7919).toString(16)}`;

	it.each([
		['fingerprint', (index: number) => [null, random(index)] as [string | null, string | null]],
		['snapshot', (index: number) => [`gpt-4o-${random(index)}`, null] as [string | null, string | null]],
	])('as a random %s, is no version: it is told of once, and no change any more', async (_, seen) => {
		const { models, observe, changes, join } = setUp();
		for (let index = 0; index < 20; index++) await observe(...seen(index));
		expect(changes.filter(({ unsteady }) => unsteady)).toHaveLength(1);
		expect(changes.at(-1)).toMatchObject({ unsteady: true });
		const told = changes.length;
		expect(told).toBeLessThan(5);
		const other = join();
		await other.reload();
		await other.observe('openai', 'gpt-4o', ...seen(30));
		await models.observe('openai', 'gpt-4o', ...seen(31));
		expect(changes).toHaveLength(told);
	});

	it('does not hide that another snapshot answers', async () => {
		const { observe, changes } = setUp();
		for (let index = 0; index < 20; index++) await observe('gpt-4o-2024-08-06', random(index));
		await observe('gpt-4o-2024-11-20', random(20));
		expect(changes.at(-1)).toMatchObject({ kind: 'snapshot', to: 'gpt-4o-2024-11-20' });
		expect(changes.at(-1)).not.toHaveProperty('unsteady');
	});

	it('is one if many answers with it come at the same time', async () => {
		const { observe, changes } = setUp();
		await observe('gpt-4o-2024-08-06');
		await Promise.all(Array.from({ length: 8 }, () => observe('gpt-4o-2024-11-20')));
		expect(changes).toMatchObject([{ to: 'gpt-4o-2024-11-20' }]);
	});

	it('is one once it comes again: values that answer by turns are versions', async () => {
		const { observe, changes } = setUp();
		for (const letter of ['a', 'b', 'a', 'c', 'a', 'd', 'a', 'e', 'a', 'f']) await observe(null, `fp_${letter}`);
		expect(changes.every(({ unsteady }) => !unsteady)).toBe(true);
	});
});
