import { describe, expect, it } from 'vitest';
import { costTier, tierOfPrice } from '../../../src/cache/policy/cost-tier.ts';

describe('the cost tier of a model', () => {
	it.each([
		['openai', 'gpt-3.5-turbo', 'low'],
		['openai', 'gpt-4', 'high'],
		['openai', 'gpt-4-turbo', 'high'],
		['anthropic', 'claude-instant', 'medium'],
		['anthropic', 'claude-2', 'high'],
		['anthropic', 'claude-3-opus', 'very_high'],
		['anthropic', 'claude-3-sonnet', 'high'],
		['anthropic', 'claude-3-haiku', 'medium'],
		['mistral', 'mistral-tiny', 'low'],
		['mistral', 'mistral-small', 'medium'],
		['mistral', 'mistral-medium', 'medium'],
		['mistral', 'mistral-large', 'high'],
		['deepseek', 'deepseek-coder', 'medium'],
		['deepseek', 'deepseek-chat', 'medium'],
	] as const)('of %s %s is %s, whatever it costs', (provider, model, tier) => {
		expect(costTier(provider, model)).toBe(tier);
		expect(costTier(provider, model, { price: 1_000 })).toBe(tier);
	});

	it.each([
		['openai', 'gpt-3.5-turbo-0125', 'low'],
		['openai', 'gpt-4-0613', 'high'],
		['openai', 'gpt-4-turbo-2024-04-09', 'high'],
		['openai', 'gpt-4-1106-preview', 'high'],
		['anthropic', 'claude-3-opus-20240229', 'very_high'],
		['anthropic', 'claude-3-opus-latest', 'very_high'],
		['anthropic', 'claude-2.1', 'high'],
		['anthropic', 'claude-instant-1.2', 'medium'],
		['mistral', 'mistral-large-latest', 'high'],
		['mistral', 'mistral-small-2402', 'medium'],
	] as const)('of the snapshot %s %s is its model’s: %s', (provider, model, tier) => {
		expect(costTier(provider, model, { price: 0.01 })).toBe(tier);
	});

	it('is not taken from a model whose name merely begins the same', () => {
		const cheap = { price: 0.6 };
		expect(costTier('openai', 'gpt-4o', cheap)).toBe('low');
		expect(costTier('openai', 'gpt-4o-mini', cheap)).toBe('low');
		expect(costTier('openai', 'gpt-4.1', cheap)).toBe('low');
		expect(costTier('anthropic', 'claude-3-5-haiku-20241022', cheap)).toBe('low');
		expect(costTier('mistral', 'mistral-smallish', cheap)).toBe('low');
	});

	it('is not taken from another provider’s model of that name', () => {
		expect(costTier('mistral', 'gpt-3.5-turbo')).toBe('medium');
	});

	it('is the longest name’s where several match', () => {
		const operator = { openai: { 'house-model': 'low', 'house-model-2024': 'very_high' } } as const;
		expect(costTier('openai', 'house-model-2024', { operator })).toBe('very_high');
		expect(costTier('openai', 'house-model-2024-latest', { operator })).toBe('very_high');
		expect(costTier('openai', 'house-model-2025', { operator })).toBe('low');
	});

	it('is the operator’s where the operator names one, snapshots included', () => {
		const operator = { openai: { 'gpt-4': 'low', 'gpt-4o': 'very_high' } } as const;
		expect(costTier('openai', 'gpt-4', { operator })).toBe('low');
		expect(costTier('openai', 'gpt-4-0613', { operator })).toBe('low');
		expect(costTier('openai', 'gpt-4o-2024-11-20', { operator, price: 0.1 })).toBe('very_high');
		expect(costTier('openai', 'gpt-4-turbo', { operator })).toBe('high');
	});

	it('is medium for a model that nobody knows', () => {
		expect(costTier('openai', 'some-model')).toBe('medium');
		expect(costTier('openai', 'some-model', { price: null })).toBe('medium');
		expect(costTier('openai', 'constructor')).toBe('medium');
	});

	it('follows the price elsewhere', () => {
		expect([0, 1.99, 2, 5.99, 6, 39.99, 40, 600].map(tierOfPrice)).toEqual([
			'low',
			'low',
			'medium',
			'medium',
			'high',
			'high',
			'very_high',
			'very_high',
		]);
	});
});
