import { describe, expect, it } from 'vitest';
import type { SeriesPoint } from '../../src/shared/api-types.ts';
import {
	computeHitRate,
	mergeBuckets,
	pickLabelIndexes,
	placeLabel,
	buildLinePath,
	roundUpAxis,
	buildStackedBars,
} from '../../src/module/lib/chart.ts';
import { createFormatter } from '../../src/module/lib/format.ts';
import { getLabelSeconds } from '../../src/module/lib/period.ts';

const PLOT = { width: 100, height: 50 };

function point(hour: number, figures: Partial<SeriesPoint> = {}): SeriesPoint {
	const at = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
	const zero = { hits: 0, misses: 0, stale: 0, bypassed: 0, hit_rate: 0, saved_usd: 0, saved_tokens: 0 };
	return { at, ...zero, saved_ms: 0, spent_usd: 0, ...figures };
}

describe('times on the chart axis', () => {
	it('include the day if the chart spans several days', () => {
		expect(getLabelSeconds(60, 60)).toBe(60);
		expect(getLabelSeconds(3_600, 25)).toBe(3_600);
		expect(getLabelSeconds(86_400, 30)).toBe(86_400);
		const week = createFormatter('en-US').bucket('2026-05-01T12:00:00Z', getLabelSeconds(3_600, 168));
		expect(week).toMatch(/^\w{3} \d+:00/);
	});
});

describe('buckets of the activity chart', () => {
	it('merges neighboring points without losing counts, and returns the points per bucket', () => {
		const points = Array.from({ length: 7 }, (_, hour) => point(hour, { hits: hour, misses: 1, saved_usd: 0.5 }));
		const { buckets, span } = mergeBuckets(points, 3);

		expect(span).toBe(3);
		expect(buckets.map((bucket) => bucket.hits)).toEqual([0 + 1 + 2, 3 + 4 + 5, 6]);
		expect(buckets.reduce((sum, bucket) => sum + bucket.saved_usd, 0)).toBe(3.5);
		expect(buckets[1]?.at).toBe(points[3]?.at);
	});

	it('keeps a few points unchanged', () => {
		expect(mergeBuckets([point(0), point(1)], 60)).toMatchObject({ span: 1, buckets: [{}, {}] });
		expect(mergeBuckets([], 60).buckets).toEqual([]);
	});

	it('has no hit rate without lookups, and counts stale answers as hits', () => {
		const [idle, busy] = mergeBuckets([point(0), point(1, { hits: 2, stale: 1, misses: 1 })], 60).buckets;
		expect(idle && computeHitRate(idle)).toBeNull();
		expect(busy && computeHitRate(busy)).toBe(0.75);
	});
});

describe('chart geometry', () => {
	it('stacks hits, stale answers and misses to the height of their sum', () => {
		const { buckets } = mergeBuckets([point(0, { hits: 5, stale: 2, misses: 3 })], 60);
		const [bar] = buildStackedBars(buckets, PLOT, 10);

		expect(bar?.segments.map((segment) => segment.part)).toEqual(['hits', 'stale', 'misses']);
		expect(bar?.segments[0]).toMatchObject({ y: 25, height: 25 });
		expect(bar?.segments[2]?.y).toBe(0);
	});

	it('keeps a count of 1 visible next to large counts', () => {
		const { buckets } = mergeBuckets([point(0, { hits: 9999, misses: 1 })], 60);
		expect(buildStackedBars(buckets, PLOT, 10_000)[0]?.segments[1]?.height).toBe(1);
	});

	it('ends the axis at a round number not below the largest value', () => {
		for (const value of [0, 3, 7, 41, 99, 101, 5_431, 98_765]) expect(roundUpAxis(value)).toBeGreaterThanOrEqual(value);
		expect(roundUpAxis(41)).toBe(60);
		expect(roundUpAxis(0)).toBe(4);
	});

	it('scales the axis down to tiny amounts of money', () => {
		expect(roundUpAxis(0.00037, 0.00001)).toBeCloseTo(0.0004, 10);
		expect(roundUpAxis(0, 0.00001)).toBe(0.00001);
	});

	it('spreads no more labels than fit', () => {
		expect(pickLabelIndexes(24, 5)).toEqual([0, 5, 10, 15, 20]);
		expect(pickLabelIndexes(3, 5)).toEqual([0, 1, 2]);
	});

	it('breaks lines at gaps, draws single values as dots, and clips values above the top', () => {
		expect(buildLinePath([0, 0.5, null, 2], PLOT, 1)).toBe('M12.5 50.0L37.5 25.0M87.5 0.0h0');
		expect(buildLinePath([null, null], PLOT, 1)).toBe('');
	});
});

describe('axis label', () => {
	it('is centered in its slot, and never truncated at the ends of the axis', () => {
		expect(placeLabel(0, 24, 40)).toEqual({ x: 20, anchor: 'start' });
		expect(placeLabel(12, 24, 40)).toEqual({ x: 500, anchor: 'middle' });
		expect(placeLabel(23, 24, 40)).toEqual({ x: 960, anchor: 'end' });
		expect(placeLabel(23, 24, 100)).toEqual({ x: 2350, anchor: 'middle' });
	});
});
