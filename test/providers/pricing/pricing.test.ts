import { calcPrice, findProvider, type ModelInfo } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../../src/shared/api-types.ts';
import { createPricing } from '../../../src/providers/pricing/pricing.ts';

/** A name by which each of the package's models is found. */
function exampleName({ id, match }: ModelInfo): string {
	const first = 'or' in match ? match.or[0]! : match;
	if ('equals' in first) return first.equals;
	return 'starts_with' in first ? first.starts_with : id;
}

describe.each(PROVIDERS)('the built-in prices of %s', (provider) => {
	const names = findProvider({ providerId: provider })!.models.flatMap((model) => [model.id, exampleName(model)]);
	const times = ['2025-01-15T00:29:59Z', '2026-03-20T02:00:00Z', '2026-11-22T16:30:00.500Z', '2026-11-22T08:30:00Z'];

	it.each(times)('are those of the package that they were taken from, at %s', (time) => {
		const pricing = createPricing({}, { now: () => Date.parse(time) });
		for (const name of names) {
			for (const usage of [
				{ input_tokens: 1_200, output_tokens: 345 },
				{ input_tokens: 300_000, output_tokens: 9 },
			]) {
				const theirs = calcPrice(usage, name, { providerId: provider, timestamp: new Date(time) });
				const known = theirs && ('input_mtok' in theirs.model_price || 'output_mtok' in theirs.model_price);
				const ours = pricing.price(provider, name, usage);
				if (known) expect(ours, name).toBeCloseTo(theirs.total_price, 12);
				else expect(ours ?? 0, name).toBe(0);
			}
		}
	});
});

describe('prices', () => {
	const usage = { input_tokens: 1_000_000, output_tokens: 100_000 };

	it('of an unknown model are unknown, not nothing', () => {
		const pricing = createPricing();
		expect(pricing.price('openai', 'no-such-model', usage)).toBeNull();
		expect(pricing.outputPrice('openai', 'no-such-model')).toBeNull();
		expect(pricing.tier('openai', 'no-such-model')).toBeNull();
	});

	it('of the operator win, for a model’s snapshots too, and for no other model', () => {
		const pricing = createPricing({
			'openai/gpt-4o': { input: 1, output: 20 },
			'mistral/house': { input: 0, output: 0 },
		});
		expect(pricing.price('openai', 'gpt-4o', usage)).toBe(3);
		expect(pricing.price('openai', 'gpt-4o-2024-11-20', usage)).toBe(3);
		expect(pricing.outputPrice('openai', 'gpt-4o')).toBe(20);
		expect(pricing.price('openai', 'gpt-4o-mini', usage)).toBeCloseTo(0.15 + 0.06);
		expect(pricing.price('mistral', 'house', usage)).toBe(0);
		expect(pricing.price('openai', 'house', usage)).toBeNull();
	});

	it('make tiers, embeddings by what goes in', () => {
		const pricing = createPricing();
		expect(pricing.tier('openai', 'gpt-4o-mini')).toBe('low');
		expect(pricing.tier('openai', 'gpt-4o')).toBe('high');
		expect(pricing.outputPrice('openai', 'text-embedding-3-small')).toBe(0.02);
		expect(pricing.tier('openai', 'text-embedding-3-small')).toBe('low');
	});
});
