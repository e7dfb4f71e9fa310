import { describe, expect, it } from 'vitest';
import type { StatsReport, WarmCandidate } from '../../src/shared/api-types.ts';
import { estimateCost, sumEstimates } from '../../src/module/lib/warming-costs.ts';

const missing: WarmCandidate = {
	key: 'openai:gpt-4o:k',
	provider: 'openai',
	model: 'gpt-4o',
	collection: null,
	requested: 3,
	state: 'missing',
	expires_in: null,
	usd: 0,
};

const statsWith = (figures: { stored: number; misses: number; usd: number }): StatsReport =>
	({
		providers: { openai: { models: { 'gpt-4o': { ...figures, spent: { usd: figures.usd, tokens: 0, ms: 0 } } } } },
	}) as unknown as StatsReport;

describe('estimated cost of warming', () => {
	it('is the cost of the cached answer if that is about to expire', () => {
		expect(estimateCost({ ...missing, state: 'expiring', usd: 0.02 }, null)).toBe(0.02);
	});

	it('is the average cost of the model if the answer is missing', () => {
		expect(estimateCost(missing, statsWith({ stored: 4, misses: 3, usd: 0.08 }))).toBe(0.02);
		expect(estimateCost(missing, statsWith({ stored: 0, misses: 4, usd: 0.08 }))).toBe(0.02);
	});

	it('is unknown for a model without generations or without a price', () => {
		expect(estimateCost(missing, null)).toBeNull();
		expect(estimateCost({ ...missing, model: 'gpt-5' }, statsWith({ stored: 4, misses: 4, usd: 1 }))).toBeNull();
		expect(estimateCost(missing, statsWith({ stored: 4, misses: 4, usd: 0 }))).toBeNull();
	});

	it('adds up the known estimates', () => {
		expect(sumEstimates([0.1, null, 0.2])).toBeCloseTo(0.3);
		expect(sumEstimates([null])).toBeNull();
	});
});
