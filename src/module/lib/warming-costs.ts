import type { StatsReport, WarmCandidate } from '../../shared/api-types.ts';

/** A candidate with the estimated cost of its answer in USD; null if unknown. */
export interface PricedCandidate extends WarmCandidate {
	estimate: number | null;
}

/**
 * Estimates the cost of the candidate's answer in USD. Uses the cost of its last answer, or else the average cost per
 * answer of its model in `stats`. Null if both are unknown.
 */
export function estimateCost(candidate: WarmCandidate, stats: StatsReport | null): number | null {
	if (candidate.usd > 0) return candidate.usd;
	const figures = stats?.providers[candidate.provider].models[candidate.model];
	if (!figures) return null;
	const generations = Math.max(figures.stored, figures.misses);
	return generations > 0 && figures.spent.usd > 0 ? figures.spent.usd / generations : null;
}

/** Adds up the known estimates; null if none is known. */
export function sumEstimates(estimates: readonly (number | null)[]): number | null {
	const known = estimates.filter((usd) => usd !== null);
	return known.length === 0 ? null : known.reduce((sum, usd) => sum + usd, 0);
}

/** Parses a typed budget in US dollars, with a decimal point or comma; null if the text is empty. */
export function parseBudget(text: string | number | null): number | null | 'invalid' {
	const trimmed = String(text ?? '').trim();
	if (trimmed === '') return null;
	const value = Number(trimmed.replace(/^\$\s*/, '').replace(',', '.'));
	return Number.isFinite(value) && value > 0 ? value : 'invalid';
}
