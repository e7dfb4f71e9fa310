import type { CostTier, Provider, Usage } from '../../shared/api-types.ts';
import { isSnapshotOf, tierOfPrice } from '../../cache/policy/cost-tier.ts';
import { matchesModel, withDashedDate, type ModelMatch } from './price-match.ts';
import { PRICE_TABLE } from './price-table.generated.ts';

/**
 * USD per million tokens. If the input has more tokens than a tier's `start`, its price applies to the whole request.
 */
type Rate = number | { base: number; tiers: { start: number; price: number }[] };

type When =
	| { type: 'start_date'; start_date: string }
	/** Times of day in UTC, such as `16:30:00Z`. The end may be after midnight. */
	| { type: 'time_of_date'; start_time: string; end_time: string };

interface Prices {
	when?: When;
	input?: Rate;
	output?: Rate;
}

interface PricedModel {
	match: ModelMatch;
	/** The last entry whose condition is met applies. The first entry has no condition. */
	prices: Prices[];
}

type Table = Partial<Record<Provider, PricedModel[]>>;

/** `AI_CACHE_PRICES`: USD per million tokens by `provider/model`. A model name also covers its snapshots. */
export type PriceOverrides = Readonly<Record<string, { input: number; output: number }>>;

export interface Pricing {
	/** Returns the list price of these tokens in USD, or null if the model's price is unknown. */
	price(provider: Provider, model: string, usage: Usage): number | null;
	/**
	 * Returns USD per million output tokens, or per million input tokens if the model has no output, as for embeddings.
	 */
	outputPrice(provider: Provider, model: string): number | null;
	/** Returns the model's cost tier, or null if its price is unknown. */
	tier(provider: Provider, model: string): CostTier | null;
}

let table: Table | undefined;
const builtIn = (): Table => (table ??= JSON.parse(PRICE_TABLE) as Table);

/** Creates the price lookup. The operator's prices override the built-in ones. `clock` selects the price valid now. */
export function createPricing(
	overrides: PriceOverrides = {},
	clock: { now(): number } = { now: () => Date.now() },
): Pricing {
	const pricesOf = (provider: Provider, model: string): Prices | null =>
		overriding(overrides, provider, model) ?? listed(provider, model, new Date(clock.now()));
	const outputPrice = (provider: Provider, model: string): number | null => {
		const prices = pricesOf(provider, model);
		return prices && (rateFor(prices.output, 0) || rateFor(prices.input, 0));
	};
	return {
		price(provider, model, { input_tokens: input, output_tokens: output }) {
			const prices = pricesOf(provider, model);
			return prices && (input * rateFor(prices.input, input) + output * rateFor(prices.output, input)) / 1e6;
		},
		outputPrice,
		tier(provider, model) {
			const price = outputPrice(provider, model);
			return price === null ? null : tierOfPrice(price);
		},
	};
}

function overriding(overrides: PriceOverrides, provider: Provider, model: string): Prices | null {
	const name = `${provider}/${model}`;
	if (Object.hasOwn(overrides, name)) return overrides[name] ?? null;
	const named = Object.keys(overrides)
		.filter((candidate) => isSnapshotOf(name, candidate))
		.sort((one, other) => other.length - one.length)[0];
	return named === undefined ? null : (overrides[named] ?? null);
}

function listed(provider: Provider, model: string, now: Date): Prices | null {
	const models = builtIn()[provider] ?? [];
	const find = (name: string) => models.find(({ match }) => matchesModel(match, name));
	const prices = (find(model) ?? find(withDashedDate(model)))?.prices;
	return prices?.findLast(({ when }) => when === undefined || holds(when, now)) ?? prices?.[0] ?? null;
}

function holds(when: When, now: Date): boolean {
	if (when.type === 'start_date') return now >= new Date(when.start_date);
	const time = `${now.toISOString().slice(11, 19)}Z`;
	const [start, end] = [when.start_time, when.end_time];
	return start <= end ? time >= start && time < end : time >= start || time < end;
}

function rateFor(rate: Rate | undefined, inputTokens: number): number {
	if (typeof rate !== 'object') return rate ?? 0;
	return rate.tiers.reduce((price, tier) => (inputTokens > tier.start ? tier.price : price), rate.base);
}
