import type { StatsReport, WarmCandidate } from '../../contract.ts';

/** A candidate with what making it costs, in USD; null where that is not known. */
export interface PricedCandidate extends WarmCandidate {
	estimate: number | null;
}

/**
 * What making the candidate costs, in USD: what its stored answer had cost, else what one of its model's answers cost on
 * average in the period of `stats`. Null where neither is known.
 */
export function estimateCost(candidate: WarmCandidate, stats: StatsReport | null): number | null {
	if (candidate.usd > 0) return candidate.usd;
	const figures = stats?.providers[candidate.provider].models[candidate.model];
	if (!figures) return null;
	const generations = Math.max(figures.stored, figures.misses);
	return generations > 0 && figures.spent.usd > 0 ? figures.spent.usd / generations : null;
}

/** Of all that have one; null where none has. */
export function sumEstimates(estimates: readonly (number | null)[]): number | null {
	const known = estimates.filter((usd) => usd !== null);
	return known.length === 0 ? null : known.reduce((sum, usd) => sum + usd, 0);
}

/** Reads a budget in US dollars as people type it, with a point or a comma; null for none. */
export function parseBudget(text: string | number | null): number | null | 'invalid' {
	const trimmed = String(text ?? '').trim();
	if (trimmed === '') return null;
	const value = Number(trimmed.replace(/^\$\s*/, '').replace(',', '.'));
	return Number.isFinite(value) && value > 0 ? value : 'invalid';
}
