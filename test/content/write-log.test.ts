import { describe, expect, it } from 'vitest';

import { includeRelated, parseWrittenTable, WriteLog } from '../../src/content/write-log.ts';
import { blog } from './schema.ts';

/** A log of a database; `write` runs a statement, `pass` lets seconds pass. */
function start() {
	let now = 0;
	let listener: (query: { sql: string }) => void = () => {};
	const log = new WriteLog(() => now);
	const on = (_: string, listen: typeof listener): void => {
		listener = listen;
	};
	expect(log.listen({ on })).toBe(true);
	return { log, write: (sql: string) => listener({ sql }), pass: (seconds: number) => void (now += seconds * 1000) };
}

describe('listMissedTables', () => {
	it('returns every table whose write no later event reported', () => {
		const { log, write, pass } = start();
		write('update `articles` set `title` = ? where `id` = ?');
		log.noteEvent('articles');
		pass(60);
		write('insert into "tags" ("label") values (?)');
		pass(60);
		expect(log.listMissedTables()).toEqual(['tags']);
	});

	it('also returns very recent writes, because the event may belong to another write', () => {
		const { log, write, pass } = start();
		write('delete from `articles` where `id` in (?)');
		log.noteEvent('articles');
		expect(log.listMissedTables()).toEqual(['articles']);
		pass(6);
		expect(log.listMissedTables()).toEqual([]);
	});

	it('includes collections with cascading rows and collections with lists of these rows', () => {
		expect(includeRelated(['comments'], blog).sort()).toEqual(['articles', 'comments']);
		expect(includeRelated(['tags'], blog)).toEqual(expect.arrayContaining(['tags', 'articles_tags', 'articles']));
	});
});

describe('parseWrittenTable', () => {
	it.each([
		['insert into `articles` (`title`) values (?)', 'articles'],
		['insert into "public"."articles" ("title") values ($1) returning "id"', 'articles'],
		['update "articles" set "title" = $1', 'articles'],
		['UPDATE articles SET title = 1', 'articles'],
		['update [my articles] set [title] = @p0', 'my articles'],
		['delete from `articles-2` where `id` = ?', 'articles-2'],
		['truncate "articles" restart identity', 'articles'],
		['alter table `articles` add column `x` text', 'articles'],
		['select * from "articles"', null],
		['BEGIN;', null],
		['update `directus_users` set `last_access` = ? where `id` = ?', null],
		['update `directus_users` set `email` = ? where `id` = ?', 'directus_users'],
		['insert into `directus_activity` (`action`) values (?)', null],
	])('%s: %s', (sql, table) => {
		expect(parseWrittenTable(sql)).toBe(table);
	});
});
