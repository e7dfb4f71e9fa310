import { describe, expect, it } from 'vitest';

import { bucketStart, bucketStarts } from '../../../src/cache/stats/buckets.ts';
import { groupRows, noCounts, series, toFigures, total } from '../../../src/cache/stats/aggregate.ts';
import type { StatsBucket, StatsDelta } from '../../../src/cache/store.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

const row = (collection: string, deltas: Record<string, number>): StatsDelta => ({
	provider: 'openai',
	model: 'gpt-4o',
	collection,
	deltas,
});

const buckets: StatsBucket[] = [
	{ at: START, rows: [row('articles', { hits: 2, misses: 1, saved_usd: 0.5 }), row('', { stale: 1 })] },
	{ at: START + 2 * HOUR, rows: [row('articles', { hits: 1, bypassed: 4, spent_usd: 2 })] },
];

describe('figures', () => {
	it('count hits and stale answers as answered, and leave out what went past the cache', () => {
		const figures = toFigures({ ...noCounts(), hits: 2, stale: 1, misses: 1, bypassed: 7, coalesced: 1 });
		expect(figures).toMatchObject({ lookups: 4, hit_rate: 0.75, coalesced: 1, bypassed: 7 });
	});

	it('have a rate of nought where nothing was looked up', () => {
		expect(toFigures(noCounts()).hit_rate).toBe(0);
	});
});

describe('reports', () => {
	it('add up the rows of all buckets by name, without those that have none', () => {
		const groups = groupRows(buckets, ({ collection }) => collection || null);
		expect([...groups.keys()]).toEqual(['articles']);
		expect(groups.get('articles')).toMatchObject({ hits: 3, misses: 1, bypassed: 4, saved_usd: 0.5, spent_usd: 2 });
		expect(total(buckets)).toMatchObject({ hits: 3, stale: 1 });
	});

	it('have a point for each bucket of the period, noughts where nothing happened', () => {
		const points = series(buckets, bucketStarts('hour', START, START + 3 * HOUR));
		expect(points.map(({ at, hits, misses, stale, hit_rate }) => [at, hits, misses, stale, hit_rate])).toEqual([
			['2026-01-01T00:00:00.000Z', 2, 1, 1, 0.75],
			['2026-01-01T01:00:00.000Z', 0, 0, 0, 0],
			['2026-01-01T02:00:00.000Z', 1, 0, 0, 1],
		]);
	});
});

describe('buckets', () => {
	it('begin at whole minutes, hours and UTC days', () => {
		const at = START + 26 * HOUR + 61_500;
		expect(new Date(bucketStart('minute', at)).toISOString()).toBe('2026-01-02T02:01:00.000Z');
		expect(new Date(bucketStart('hour', at)).toISOString()).toBe('2026-01-02T02:00:00.000Z');
		expect(new Date(bucketStart('day', at)).toISOString()).toBe('2026-01-02T00:00:00.000Z');
	});

	it('of a period are all that it touches, its end excluded', () => {
		expect(bucketStarts('hour', START + 1, START + 2 * HOUR)).toEqual([START, START + HOUR]);
	});
});
