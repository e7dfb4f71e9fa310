import { describe, expect, it } from 'vitest';

import { allTag, changeTags, freeTag, type Tag } from '../../../src/cache/tags/tags.ts';
import { outageRow } from '../../../src/services/invalidation/outage-journal.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const NOW = Date.parse('2026-01-01T00:05:00.000Z');

const rowOf = (tags: Tag[], invalidations = 1) => outageRow({ invalidations, since: SINCE, tags, entries: 7 }, NOW);
const update = (collection: string, ...items: string[]): Tag[] =>
	changeTags({ kind: 'update', collection, items, fields: ['title'] });

describe('the journal’s row of an outage', () => {
	it('says when, since when, how many and what was dropped', () => {
		expect(rowOf(update('articles', '1'), 2)).toMatchObject({
			at: '2026-01-01T00:05:00.000Z',
			cause: 'outage',
			event: null,
			user: null,
			entries: 7,
			note: `2 invalidations, kept since ${SINCE}, while the store was away`,
			details: [{ kind: 'outage', invalidations: 2, collections: [], since: SINCE }],
		});
	});

	it.each<[string, Tag[], object]>([
		['items of one collection', update('articles', '1', 'a/b:c'), { collection: 'articles', items: ['1', 'a/b:c'] }],
		['a collection as a whole', changeTags({ kind: 'create', collection: 'a%b', items: [] }), { collection: 'a%b' }],
		[
			'any item of one',
			changeTags({ kind: 'update', collection: 'pages', items: ['*'], fields: ['sort'] }),
			{ collection: 'pages' },
		],
		['everything', [allTag(), ...update('articles', '1')], { all: true }],
		['several collections', [...update('articles', '1'), ...update('pages', '2')], {}],
		['free tags', [freeTag('landing')], {}],
	])('names %s', (_, tags, criteria) => {
		expect(rowOf(tags).criteria).toEqual(criteria);
	});

	it('names several collections in its note, and a few items of very many', () => {
		expect(rowOf([...update('articles', '1'), ...update('pages', '2')]).note).toContain(
			'1 invalidation (articles, pages),',
		);
		const many = Array.from({ length: 500 }, (_, index) => String(index));
		expect(rowOf(update('articles', ...many)).criteria.items).toHaveLength(50);
		expect(rowOf(many.flatMap((name) => update(`c${name}`, '1'))).note?.length).toBeLessThan(150);
	});
});
