import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOutbox } from '../../../src/content/outbox/outbox.ts';
import { OUTBOX_TABLE } from '../../../src/content/outbox/outbox-table.ts';
import { hasDatabase, openDatabase } from '../database.ts';

const clock = { now: () => Date.UTC(2026, 0, 2) };

describe.skipIf(!hasDatabase)('the outbox on SQLite', () => {
	let database: ReturnType<typeof openDatabase>;
	const warnings: string[] = [];
	const logger = { warn: (message: string) => warnings.push(message) };
	const open = (maxPending?: number) => createOutbox(database, logger, { clock, ...(maxPending && { maxPending }) });

	beforeEach(() => {
		database = openDatabase();
		warnings.length = 0;
	});
	afterEach(() => database.destroy());

	it('returns added invalidations in order, also in another process and after a restart', async () => {
		const outbox = open();
		await Promise.all(['a', 'b', 'c'].map((tag) => outbox.add([`t:${tag}`, 'x'], 'items.update')));
		expect(outbox.size).toBe(3);
		const pending = await open().listPending();
		expect(pending.map(({ tags }) => tags[0])).toEqual(['t:a', 't:b', 't:c']);
		expect(pending[0]).toEqual({
			id: 'd1',
			created: '2026-01-02T00:00:00.000Z',
			tags: ['t:a', 'x'],
			cause: 'items.update',
		});
	});

	it('removes applied invalidations and keeps the ones that arrived meanwhile', async () => {
		const outbox = open();
		await outbox.add(['t:a'], 'one');
		const carriedOut = await outbox.listPending();
		await outbox.add(['t:b'], 'two');
		const ids = carriedOut.map(({ id }) => id);
		expect(await outbox.remove(ids)).toBe(1);
		expect(await open().remove(ids)).toBe(0);
		expect((await outbox.listPending()).map(({ cause }) => cause)).toEqual(['two']);
		expect(outbox.size).toBe(1);
	});

	it('replaces too many invalidations with one of everything', async () => {
		const outbox = open(3);
		for (const tag of ['a', 'b', 'c', 'd']) await outbox.add([`t:${tag}`], 'event');
		expect((await outbox.listPending()).map(({ tags }) => tags)).toEqual([['*']]);
		await outbox.add(['t:e'], 'event');
		expect((await outbox.listPending()).map(({ tags }) => tags)).toEqual([['*'], ['t:e']]);
	});

	it('bounds its memory while the database is unavailable', async () => {
		await database.destroy();
		const outbox = open(3);
		for (const tag of ['a', 'b', 'c', 'd']) await outbox.add([`t:${tag}`], 'event');
		expect(outbox.listUnwritten().map(({ tags }) => tags)).toEqual([['*']]);
		database = openDatabase();
	});

	it('keeps invalidations in memory while the database fails, logs it, and writes them in order later', async () => {
		const outbox = open();
		await outbox.add(['t:a'], 'before');
		await database.schema.renameTable(OUTBOX_TABLE, 'away');
		await outbox.add(['t:b'], 'while away');
		expect(warnings.join()).toContain('SQLITE_ERROR');
		expect(warnings.join()).not.toContain('t:b');
		expect(outbox.listUnwritten().map(({ id, tags }) => [id[0], tags[0]])).toEqual([['m', 't:b']]);
		await database.schema.renameTable('away', OUTBOX_TABLE);
		await outbox.add(['t:c'], 'after');
		expect((await outbox.listPending()).map(({ id, tags }) => [id[0], tags[0]])).toEqual([
			['d', 't:a'],
			['d', 't:b'],
			['d', 't:c'],
		]);
	});

	it('removes by the returned ids, also if they are only in memory', async () => {
		const outbox = open();
		await outbox.add(['t:a'], 'before');
		await database.schema.renameTable(OUTBOX_TABLE, 'away');
		await outbox.add(['t:b'], 'while away');
		expect(await outbox.remove(outbox.listUnwritten().map(({ id }) => id))).toBe(1);
		await database.schema.renameTable('away', OUTBOX_TABLE);
		expect((await outbox.listPending()).map(({ tags }) => tags[0])).toEqual(['t:a']);
	});

	it('rejects instead of looking empty while the database cannot be read, and logs it once', async () => {
		await open().add(['t:a'], 'an earlier run');
		const outbox = open();
		await database.schema.renameTable(OUTBOX_TABLE, 'away');
		await database.schema.createTable(OUTBOX_TABLE, (table) => table.increments('id'));
		for (let look = 0; look < 3; look++) await expect(outbox.listPending()).rejects.toThrow();
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain('cannot be read');
		await database.schema.dropTable(OUTBOX_TABLE);
		await database.schema.renameTable('away', OUTBOX_TABLE);
		expect((await outbox.listPending()).map(({ tags }) => tags[0])).toEqual(['t:a']);
	});

	it('returns the id under which an invalidation can be removed', async () => {
		const outbox = open();
		const ids = await Promise.all(['a', 'b', 'c'].map((tag) => outbox.add([`t:${tag}`], 'items.update')));
		expect(ids).toEqual((await outbox.listPending()).map(({ id }) => id));
		await outbox.remove([ids[1]!]);
		expect((await open().listPending()).map(({ tags }) => tags[0])).toEqual(['t:a', 't:c']);
	});

	it('stores the tags of an update of 10,000 items', async () => {
		const outbox = open();
		const tags = Array.from({ length: 10_000 }, (_, index) => `f:articles/${index}:title`);
		await outbox.add(tags, 'items.update');
		expect((await outbox.listPending())[0]?.tags).toEqual(tags);
	});

	it('creates its table once if several processes start at the same time', async () => {
		await Promise.all([open().add(['t:a'], 'one'), open().add(['t:b'], 'two')]);
		expect(warnings).toEqual([]);
		expect(await open().listPending()).toHaveLength(2);
	});
});
