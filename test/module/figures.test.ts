import { describe, expect, it } from 'vitest';
import type { SeriesPoint } from '../../src/shared/api-types.ts';
import { parseBudget } from '../../src/module/lib/warming-costs.ts';
import { computeChange } from '../../src/module/lib/delta.ts';
import { ApiFailure, parseApiFailure } from '../../src/module/lib/api-failure.ts';
import { computeMemoryShare } from '../../src/module/lib/health.ts';
import { hasValues, computeTotal, computeLineValues } from '../../src/module/lib/savings-panel.ts';
import { buildPeriodQuery, parsePeriod } from '../../src/module/lib/period.ts';

describe('periods', () => {
	it('request the time up to now, with an interval that fits the length', () => {
		const now = Date.parse('2026-05-02T00:00:00Z');
		expect(buildPeriodQuery('24h', now)).toEqual({
			from: '2026-05-01T00:00:00.000Z',
			to: '2026-05-02T00:00:00.000Z',
			interval: 'hour',
		});
		expect(buildPeriodQuery('1h', now).interval).toBe('minute');
		expect(buildPeriodQuery('30d', now).interval).toBe('day');
	});

	it('default to the last day', () => {
		expect(parsePeriod('7d')).toBe('7d');
		expect(parsePeriod(['7d'])).toBe('24h');
	});
});

describe('change since the previous period', () => {
	it('has a direction and a share, but no share of 0', () => {
		expect(computeChange(12, 10)).toEqual({ direction: 'up', share: 0.2, difference: 2 });
		expect(computeChange(5, 10).direction).toBe('down');
		expect(computeChange(5, 0).share).toBeNull();
		expect(computeChange(0, 0).direction).toBe('same');
	});
});

describe('API failures', () => {
	it('are classified by the HTTP status', () => {
		const answer = (status: number, body?: unknown) => parseApiFailure({ response: { status, data: body } });
		expect(answer(403).kind).toBe('forbidden');
		expect(answer(404).kind).toBe('not_found');
		expect(parseApiFailure({ message: 'Network Error' })).toMatchObject({
			kind: 'unreachable',
			message: 'Network Error',
		});
		expect(answer(503, { errors: [{ message: 'Store away.' }] })).toMatchObject({
			kind: 'failed',
			message: 'Store away.',
		});
	});

	it('stay unchanged when parsed again', () => {
		const failure = new ApiFailure('failed', 'x');
		expect(parseApiFailure(failure)).toBe(failure);
	});
});

describe('typed budget', () => {
	it('accepts points, commas and a dollar sign', () => {
		expect(parseBudget('1.50')).toBe(1.5);
		expect(parseBudget(' 1,5 ')).toBe(1.5);
		expect(parseBudget('$2')).toBe(2);
	});

	it('reads an empty text as no limit, and rejects invalid amounts', () => {
		expect(parseBudget(null)).toBeNull();
		expect(parseBudget('')).toBeNull();
		expect(parseBudget('0')).toBe('invalid');
		expect(parseBudget('-1')).toBe('invalid');
		expect(parseBudget('much')).toBe('invalid');
	});
});

describe('lines of the savings panel', () => {
	const point = (hits: number, misses: number, usd: number) =>
		({ hits, misses, stale: 0, hit_rate: hits / (hits + misses || 1), saved_usd: usd }) as SeriesPoint;
	const points = [point(9, 1, 0.9), point(0, 0, 0), point(0, 10, 0)];

	it('have a gap in the hit rate without lookups, and draw no savings as 0', () => {
		expect(computeLineValues(points, 'hit_rate')).toEqual([0.9, null, 0]);
		expect(computeLineValues(points, 'saved_usd')).toEqual([0.9, 0, 0]);
	});

	it('weight the hit rate of the period by its lookups', () => {
		expect(computeTotal(points, 'hit_rate')).toBe(0.45);
		expect(computeTotal(points, 'saved_usd')).toBe(0.9);
	});

	it('show a hit rate of 0, and leave out providers without lookups', () => {
		expect(hasValues([point(0, 10, 0)], 'hit_rate')).toBe(true);
		expect(hasValues([point(0, 10, 0)], 'saved_usd')).toBe(false);
		expect(hasValues([point(0, 0, 0)], 'hit_rate')).toBe(false);
	});
});

describe('memory in use', () => {
	it('is a share of the limit, if there is one', () => {
		expect(computeMemoryShare({ used: 50, max: 200 })).toBe(0.25);
		expect(computeMemoryShare({ used: 500, max: 200 })).toBe(1);
		expect(computeMemoryShare({ used: 50, max: null })).toBeNull();
	});
});
