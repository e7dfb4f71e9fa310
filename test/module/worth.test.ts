import { describe, expect, it } from 'vitest';

import type { Figures, ModelFigures, SeriesPoint } from '../../src/shared/api-types.ts';
import { computeWorth, computeLineValues } from '../../src/module/lib/savings-panel.ts';
import {
	hasAllPrices,
	determineEntryWorth,
	determinePointWorth,
	determineSavedWorth,
	determineSpentWorth,
} from '../../src/module/lib/worth.ts';

const saved = (usd: number, tokens: number, hits: number) =>
	({ hits, stale: 0, saved: { usd, tokens, ms: hits * 900 } }) as Figures;
const point = (usd: number, tokens: number, hits: number) =>
	({ hits, stale: 0, misses: 0, saved_usd: usd, saved_tokens: tokens }) as SeriesPoint;

describe('saved amount', () => {
	it('is 0 without hits', () => {
		expect(determineSavedWorth(saved(0, 0, 0), false)).toEqual({ usd: 0, unknown: null });
	});

	it('is unknown without a price', () => {
		expect(determineSavedWorth(saved(0, 150, 3), false)).toEqual({ usd: null, unknown: 'price' });
	});

	it('is unknown if the provider reported no tokens', () => {
		expect(determineSavedWorth(saved(0, 0, 3), true)).toEqual({ usd: null, unknown: 'usage' });
	});

	it('is 0 for a model whose price is 0', () => {
		expect(determineSavedWorth(saved(0, 150, 3), true)).toEqual({ usd: 0, unknown: null });
	});

	it('is the sum of the known amounts', () => {
		expect(determineSavedWorth(saved(0.2, 150, 3), false)).toEqual({ usd: 0.2, unknown: null });
	});
});

describe('spent amount', () => {
	const spent = (usd: number, tokens: number, ms: number) => ({ spent: { usd, tokens, ms } }) as Figures;

	it('distinguishes no generation, no price and no reported tokens', () => {
		expect(determineSpentWorth(spent(0, 0, 0), false).unknown).toBeNull();
		expect(determineSpentWorth(spent(0, 150, 900), false).unknown).toBe('price');
		expect(determineSpentWorth(spent(0, 0, 900), true).unknown).toBe('usage');
	});
});

describe('cost of an entry', () => {
	it('is unknown without a price or without tokens', () => {
		const usage = { input_tokens: 10, output_tokens: 5 };
		expect(determineEntryWorth({ usd: 0, usage, priced: false }).unknown).toBe('price');
		expect(determineEntryWorth({ usd: 0, usage: { input_tokens: 0, output_tokens: 0 }, priced: true }).unknown).toBe(
			'usage',
		);
		expect(determineEntryWorth({ usd: 0.1, usage, priced: true })).toEqual({ usd: 0.1, unknown: null });
	});
});

describe('savings chart', () => {
	it('draws a gap for unknown savings, and 0 for none', () => {
		expect(determinePointWorth(point(0, 100, 2), false).usd).toBeNull();
		expect(computeLineValues([point(0, 100, 2), point(0, 0, 0)], 'saved_usd', false)).toEqual([null, 0]);
	});

	it('does not show $0.00 for unknown savings', () => {
		expect(computeWorth([{ provider: null, points: [point(0, 100, 2)], priced: false }]).unknown).toBe('price');
	});
});

describe('hasAllPrices', () => {
	const model = (priced: boolean, tokens: number) =>
		({ priced, saved: { tokens: 0 }, spent: { tokens } }) as ModelFigures;

	it('ignores unused models without a price', () => {
		expect(hasAllPrices([model(true, 9), model(false, 0)])).toBe(true);
		expect(hasAllPrices([model(true, 9), model(false, 1)])).toBe(false);
	});
});
