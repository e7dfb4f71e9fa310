import { describe, expect, it } from 'vitest';
import { CONTENT_TYPES, COST_TIERS } from '../../../src/shared/api-types.ts';
import { BASE_TTL, TIER_FACTORS, timeToLive } from '../../../src/cache/policy/ttl.ts';

const standard = { contentType: 'standard', costTier: 'medium', confidence: 1 } as const;

describe('the time to live', () => {
	it('is the owner’s formula for every content type, tier and confidence', () => {
		const bases = { standard: 86_400, critical: 43_200, static: 604_800 };
		const factors = { low: 0.8, medium: 1, high: 1.5, very_high: 2 };
		for (const contentType of CONTENT_TYPES)
			for (const costTier of COST_TIERS)
				for (const confidence of [0.5, 0.73, 1, 1.1, 1.5])
					expect(timeToLive({ contentType, costTier, confidence }).ttl).toBe(
						Math.trunc(bases[contentType] * factors[costTier] * confidence),
					);
	});

	it.each([
		['standard', 'low', 1, 69_120],
		['standard', 'medium', 1, 86_400],
		['standard', 'high', 1, 129_600],
		['standard', 'very_high', 1.5, 259_200],
		['critical', 'low', 0.5, 17_280],
		['static', 'low', 1, 483_840],
		['static', 'very_high', 1.5, 1_814_400],
	] as const)('of %s content at %s cost and confidence %d is %d seconds', (contentType, costTier, confidence, ttl) => {
		expect(timeToLive({ contentType, costTier, confidence }).ttl).toBe(ttl);
	});

	it('clamps the confidence to 0.5 … 1.5', () => {
		expect(timeToLive({ ...standard, confidence: -3 }).ttl).toBe(43_200);
		expect(timeToLive({ ...standard, confidence: 0.49 }).ttl).toBe(43_200);
		expect(timeToLive({ ...standard, confidence: 9 }).ttl).toBe(129_600);
		expect(timeToLive({ ...standard, confidence: Number.NaN }).ttl).toBe(86_400);
	});

	it('applies the collection’s factor', () => {
		expect(timeToLive({ ...standard, collectionFactor: 0.25 }).ttl).toBe(21_600);
	});

	it('takes the operator’s base for standard content alone', () => {
		expect(timeToLive({ ...standard, standardBase: 600 }).ttl).toBe(600);
		expect(timeToLive({ ...standard, contentType: 'critical', standardBase: 600 }).ttl).toBe(43_200);
		expect(timeToLive({ ...standard, contentType: 'static', standardBase: 600 }).ttl).toBe(604_800);
	});

	it('gives a request the life that it asks for, within the bound', () => {
		expect(timeToLive({ ...standard, asked: 30 }).ttl).toBe(30);
		expect(timeToLive({ ...standard, asked: 90_000, maximum: 3_600 }).ttl).toBe(3_600);
		expect(timeToLive({ ...standard, asked: 0 }).ttl).toBe(0);
		expect(timeToLive({ ...standard, maximum: 3_600 }).ttl).toBe(3_600);
	});

	it('tells its parts, so that base × factors is what an admin sees', () => {
		const reasons = [{ name: 'finish_reason_stop', effect: 0.1 }];
		const { ttl, parts } = timeToLive({
			contentType: 'static',
			costTier: 'high',
			confidence: 1.1,
			reasons,
			collectionFactor: 0.5,
		});
		expect(parts).toEqual({
			base: 604_800,
			tier_factor: 1.5,
			confidence: 1.1,
			collection_factor: 0.5,
			asked: null,
			reasons,
		});
		expect(ttl).toBe(Math.trunc(parts.base * parts.tier_factor * parts.confidence * parts.collection_factor));
		expect(timeToLive({ ...standard, asked: 12 }).parts.asked).toBe(12);
	});

	it('has the contract’s tables', () => {
		expect(BASE_TTL).toEqual({ standard: 86_400, critical: 43_200, static: 604_800 });
		expect(TIER_FACTORS).toEqual({ low: 0.8, medium: 1, high: 1.5, very_high: 2 });
	});
});
