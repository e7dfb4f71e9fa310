import type { EntryDetail, Figures, ModelFigures, SeriesPoint, StatsReport } from '../../shared/api-types.ts';
import type { MessageKey } from '../../locales/index.ts';

/** Why an amount is unknown: the model has no price, or the provider reported no token usage. */
export type UnknownReason = 'price' | 'usage';

/** An amount in USD, or the reason why it is unknown. The amount is 0 if nothing cost or saved money. */
export type Worth = { usd: number; unknown: null } | { usd: null; unknown: UnknownReason };

export const UNKNOWN_TEXTS = {
	price: 'worth.price_unknown',
	usage: 'worth.usage_unknown',
} as const satisfies Record<UnknownReason, MessageKey>;

interface Amount {
	usd: number;
	tokens: number;
	/** Something cost or saved money, even if the amount is unknown. */
	happened: boolean;
	/** All used models have a price. */
	priced: boolean;
}

export function determineWorth({ usd, tokens, happened, priced }: Amount): Worth {
	if (usd > 0 || !happened) return { usd, unknown: null };
	if (tokens === 0) return { usd: null, unknown: 'usage' };
	return priced ? { usd, unknown: null } : { usd: null, unknown: 'price' };
}

export function determineSavedWorth({ saved, hits, stale }: Figures, priced: boolean): Worth {
	return determineWorth({ usd: saved.usd, tokens: saved.tokens, happened: hits + stale > 0, priced });
}

export function determineSpentWorth({ spent }: Figures, priced: boolean): Worth {
	return determineWorth({ usd: spent.usd, tokens: spent.tokens, happened: spent.ms > 0, priced });
}

type SavingPoint = Pick<SeriesPoint, 'hits' | 'stale' | 'saved_usd' | 'saved_tokens'>;

export function determinePointWorth(
	{ hits, stale, saved_usd: usd, saved_tokens: tokens }: SavingPoint,
	priced: boolean,
): Worth {
	return determineWorth({ usd, tokens, happened: hits + stale > 0, priced });
}

/** Determines the cost of the entry's generation. Imported answers have no token usage. */
export function determineEntryWorth({ usd, usage, priced }: Pick<EntryDetail, 'usd' | 'usage' | 'priced'>): Worth {
	return determineWorth({ usd, tokens: usage.input_tokens + usage.output_tokens, happened: true, priced });
}

/** Returns whether every used model has a price. */
export function hasAllPrices(models: readonly ModelFigures[]): boolean {
	return models.every(({ priced, saved, spent }) => priced || saved.tokens + spent.tokens === 0);
}

export const listModels = (stats: StatsReport): ModelFigures[] =>
	Object.values(stats.providers).flatMap(({ models }) => Object.values(models));
