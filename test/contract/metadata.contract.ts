import { describe, expect, it } from 'vitest';
import { SETTINGS_TAG } from '../../src/cache/tags/tags.ts';
import type { JournalRow } from '../../src/shared/api-types.ts';
import { MAX_ROWS, OTHER } from '../../src/cache/stats/buckets.ts';
import type { StatsDelta } from '../../src/cache/store.ts';
import { JOURNAL_ROWS, type StoreHarness } from './harness.ts';

const MINUTE_MS = 60_000;

const journalRow = (id: string, collection?: string): JournalRow => ({
	id,
	at: '2026-01-01T00:00:00.000Z',
	cause: 'purge',
	event: null,
	user: null,
	criteria: collection === undefined ? { all: true } : { collection },
	entries: 3,
	note: null,
});

const delta = (model: string, deltas: Record<string, number>): StatsDelta => ({
	provider: 'openai',
	model,
	collection: '',
	deltas,
});

export function ledgerContract(harness: () => StoreHarness): void {
	describe('statistics', () => {
		it('add up what several processes counted, per bucket and row', async () => {
			const { store, other, clock } = harness();
			const start = clock.now();
			await store.addStats(start, [delta('gpt-4o', { hits: 2, usd: 0.5 }), delta('o3', { misses: 1 })]);
			await other.addStats(start + 1000, [delta('gpt-4o', { hits: 3, usd: 1 })]);
			await other.addStats(start + MINUTE_MS, [delta('gpt-4o', { hits: 1, usd: 0.25 })]);
			const minutes = await store.readStats('minute', start, start + 2 * MINUTE_MS);
			expect(minutes.map(({ at }) => at)).toEqual([start, start + MINUTE_MS]);
			const [first, second] = minutes;
			expect(first?.rows.toSorted((a, b) => a.model.localeCompare(b.model))).toEqual([
				delta('gpt-4o', { hits: 5, usd: 1.5 }),
				delta('o3', { misses: 1 }),
			]);
			expect(second?.rows).toEqual([delta('gpt-4o', { hits: 1, usd: 0.25 })]);
			for (const interval of ['hour', 'day'] as const) {
				const [bucket] = await other.readStats(interval, start, start + 1);
				expect(bucket?.rows.find(({ model }) => model === 'gpt-4o')?.deltas).toEqual({ hits: 6, usd: 1.75 });
			}
			expect(await store.readStats('minute', start - 5 * MINUTE_MS, start)).toEqual([]);
		});

		it('keep a bound on rows, and count what is over it together', async () => {
			const { store, clock } = harness();
			const start = clock.now();
			const models = Array.from({ length: MAX_ROWS + 5 }, (_, index) => delta(`model-${index}`, { hits: 1 }));
			await store.addStats(start, models);
			const [bucket] = await store.readStats('day', start, start + 1);
			expect(bucket?.rows).toHaveLength(MAX_ROWS + 1);
			expect(bucket?.rows.find(({ model }) => model === OTHER)?.deltas).toEqual({ hits: 5 });
		});
	});

	describe('a batch of figures', () => {
		it('is counted once however often it is given, in every bucket and for all time', async () => {
			const { store, other, clock } = harness();
			const start = clock.now();
			const give = (number: number, source = 'a'): Promise<void> =>
				store.addStats(start, [delta('gpt-4o', { hits: 2, usd: 0.5 })], { source, number });
			await give(1);
			await give(1);
			await give(2);
			await give(1);
			await give(1, 'b');
			const counted = delta('gpt-4o', { hits: 6, usd: 1.5 });
			expect((await other.readTotals()).rows).toEqual([counted]);
			for (const interval of ['minute', 'hour', 'day'] as const) {
				expect((await other.readStats(interval, start, start + 1))[0]?.rows).toEqual([counted]);
			}
		});
	});

	describe('totals', () => {
		it('are what all processes counted ever', async () => {
			const { store, other, clock } = harness();
			await store.addStats(clock.now(), [delta('gpt-4o', { hits: 2, usd: 0.5 })]);
			clock.advanceSeconds(3 * 86_400);
			await other.addStats(clock.now(), [delta('gpt-4o', { hits: 3, misses: 1, usd: 0.25 })]);
			expect((await store.readTotals()).rows).toEqual([delta('gpt-4o', { hits: 5, misses: 1, usd: 0.75 })]);
		});

		it('keep a bound on rows, also in a process that comes later', async () => {
			const { store, other, clock } = harness();
			const models = Array.from({ length: MAX_ROWS }, (_, index) => delta(`model-${index}`, { hits: 1 }));
			await store.addStats(clock.now(), models);
			await other.addStats(clock.now(), [delta('one-more', { hits: 1 }), delta('model-0', { hits: 1 })]);
			const { rows } = await store.readTotals();
			expect(rows).toHaveLength(MAX_ROWS + 1);
			expect(rows.find(({ model }) => model === OTHER)?.deltas).toEqual({ hits: 1 });
			expect(rows.find(({ model }) => model === 'model-0')?.deltas).toEqual({ hits: 2 });
		});

		it('count every row of the journal by its cause, also those that have left it', async () => {
			const { store, other } = harness();
			expect((await store.readTotals()).invalidations).toEqual({});
			for (let row = 1; row <= JOURNAL_ROWS + 2; row++) await store.appendJournal(journalRow(`r${row}`));
			await other.appendJournal({ ...journalRow('changed'), cause: 'model_update', entries: 0 });
			expect((await store.readTotals()).invalidations).toEqual({
				purge: { rows: JOURNAL_ROWS + 2, entries: 3 * (JOURNAL_ROWS + 2) },
				model_update: { rows: 1, entries: 0 },
			});
		});
	});

	describe('the journal', () => {
		it('is read from the latest row, page by page, by every process', async () => {
			const { store, other } = harness();
			for (let row = 1; row <= 9; row++) await (row % 2 ? store : other).appendJournal(journalRow(`r${row}`));
			const ids = async (before: string | null) => (await other.readJournal(4, before)).map(({ id }) => id);
			expect(await ids(null)).toEqual(['r9', 'r8', 'r7', 'r6']);
			expect(await ids('r6')).toEqual(['r5', 'r4', 'r3', 'r2']);
			expect(await ids('r2')).toEqual(['r1']);
			expect(await ids('r1')).toEqual([]);
			expect((await store.readJournal(1, null))[0]).toEqual(journalRow('r9'));
		});

		it('keeps the last rows alone, and ends where a row that has left it was asked for', async () => {
			const { store } = harness();
			for (let row = 1; row <= JOURNAL_ROWS + 7; row++) await store.appendJournal(journalRow(`r${row}`));
			expect(await store.readJournal(1000, null)).toHaveLength(JOURNAL_ROWS);
			expect(await store.readJournal(1000, 'r1')).toEqual([]);
		});

		it('knows the last row of each collection that dropped something', async () => {
			const { store, other } = harness();
			await store.appendJournal(journalRow('r1', 'articles'));
			await other.appendJournal(journalRow('r2', 'pages'));
			await store.appendJournal(journalRow('r3', 'articles'));
			await store.appendJournal(journalRow('r4'));
			await store.appendJournal({ ...journalRow('r5', 'pages'), cause: 'refresh' });
			const last = await other.lastInvalidations();
			expect(Object.fromEntries(Object.entries(last).map(([name, { id }]) => [name, id]))).toEqual({
				articles: 'r3',
				pages: 'r2',
			});
		});
	});

	describe('what is asked most', () => {
		it('is ordered by how often all processes saw it, recent days weighing more', async () => {
			const { store, other, clock } = harness();
			await store.addRequested(new Map([['old', { count: 9, record: Buffer.from('o') }]]));
			clock.advanceSeconds(86_400);
			await store.addRequested(
				new Map([
					['often', { count: 5, record: Buffer.from([0, 255]) }],
					['twice', { count: 2, record: null }],
				]),
			);
			await other.addRequested(new Map([['often', { count: 5, record: null }]]));
			const top = await other.topRequested(10);
			expect(top.map(({ key }) => key)).toEqual(['often', 'old', 'twice']);
			expect(top[0]).toEqual({ key: 'often', count: 10, record: Buffer.from([0, 255]) });
			expect(top[1]?.count).toBeCloseTo(4.5);
			expect(top[2]?.record).toBeNull();
			expect(await store.topRequested(1)).toHaveLength(1);
		});

		it('lets in who comes after as many as are remembered were asked more often', async () => {
			const { store } = harness();
			const crowd = (count: number): [string, { count: number; record: Buffer }][] =>
				Array.from({ length: 2000 }, (_, index) => [`crowd-${index}`, { count, record: Buffer.from('c') }]);
			await store.addRequested(new Map(crowd(2)));
			for (let time = 0; time < 5; time++) {
				await store.addRequested(new Map([['late', { count: 1, record: Buffer.from('l') }]]));
				await store.addRequested(new Map([[`once-${time}`, { count: 1, record: null }]]));
			}
			const [top] = await store.topRequested(1);
			expect(top?.key).toBe('late');
			expect(top?.record).toEqual(Buffer.from('l'));
			expect(await store.topRequested(10_000)).toHaveLength(2000);
		});
	});

	describe('models', () => {
		it('have a state that the other process reads, with another version of what it belongs to', async () => {
			const { store, other } = harness();
			const version = async () => (await other.versions([SETTINGS_TAG]))[0];
			await version();
			const before = await version();
			expect((await store.modelStates()).size).toBe(0);
			const state = { version: 2, snapshot: 'gpt-4o-2024-11-20', systemFingerprint: null, changedAt: 17 };
			await store.setModelState('openai', 'gpt-4o', state);
			expect(before).toEqual(expect.any(String));
			expect(await version()).not.toBe(before);
			expect(new Map(await other.modelStates())).toEqual(new Map([['openai/gpt-4o', state]]));
		});
	});

	describe('models, of which two processes write', () => {
		it('keep the higher version, and what else was written last', async () => {
			const { store, other } = harness();
			const state = { version: 3, snapshot: 'a', snapshots: ['a'], systemFingerprint: null, changedAt: null };
			const late = {
				version: 1,
				snapshot: '"version":9',
				snapshots: ['a', 'b'],
				systemFingerprint: 'fp',
				changedAt: 17,
			};
			await other.setModelState('openai', 'gpt-4o', state);
			await store.setModelState('openai', 'gpt-4o', late);
			expect((await other.modelStates()).get('openai/gpt-4o')).toEqual({ ...late, version: 3 });
			await store.setModelState('openai', 'gpt-4o', { ...late, version: 4 });
			expect((await other.modelStates()).get('openai/gpt-4o')).toEqual({ ...late, version: 4 });
		});
	});

	describe('documents', () => {
		it('are shared by name until their time is over', async () => {
			const { store, other, clock, pass } = harness();
			await store.putDocument('job:1', '{"done":1}', 500);
			await other.putDocument('job:2', 'second', 60_000);
			await store.putDocument('lock:1', 'x', 60_000);
			expect(await other.getDocument('job:1')).toBe('{"done":1}');
			expect((await store.listDocuments('job:')).toSorted()).toEqual(['second', '{"done":1}']);
			await pass(600);
			expect(await other.getDocument('job:1')).toBeNull();
			expect(await other.listDocuments('job:')).toEqual(['second']);
			expect(await store.getDocument('none')).toBeNull();
			expect(clock.now()).toBeGreaterThan(0);
		});
	});

	describe('health', () => {
		it('says what it is, and that it works', async () => {
			const { store } = harness();
			expect(await store.health()).toMatchObject({ connected: true });
		});
	});
}
