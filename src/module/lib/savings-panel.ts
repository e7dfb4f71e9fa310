import { PROVIDERS, type Provider, type SeriesPoint } from '../../shared/api-types.ts';
import { determineWorth, determinePointWorth, type Worth } from './worth.ts';

export const MEASURES = ['hit_rate', 'saved_usd', 'saved_tokens'] as const;
export type Measure = (typeof MEASURES)[number];

export function parseMeasure(value: unknown): Measure {
	return MEASURES.find((measure) => measure === value) ?? 'saved_usd';
}

/** One line of the panel. `provider` is null for all providers together. */
export interface Line {
	provider: Provider | null;
	points: SeriesPoint[];
	/** All its models have a price. */
	priced: boolean;
}

/** Computes the values to draw; null is a gap. A bucket without lookups has no hit rate, but savings of 0. */
export function computeLineValues(points: SeriesPoint[], measure: Measure, priced = true): (number | null)[] {
	if (measure === 'saved_usd') return points.map((point) => determinePointWorth(point, priced).usd);
	if (measure === 'saved_tokens') return points.map((point) => point.saved_tokens);
	return points.map(({ hits, stale, misses, hit_rate: rate }) => (hits + stale + misses === 0 ? null : rate));
}

/** Computes the savings of all lines in USD. */
export function computeWorth(lines: readonly Line[]): Worth {
	const points = lines.flatMap((line) => line.points);
	const tokens = points.reduce((sum, point) => sum + point.saved_tokens, 0);
	const happened = points.some(({ hits, stale }) => hits + stale > 0);
	const priced = lines.every((line) => line.priced);
	return determineWorth({ usd: computeTotal(points, 'saved_usd'), tokens, happened, priced });
}

/** Computes the value of the whole period: a sum, or the hit rate of all lookups. */
export function computeTotal(points: SeriesPoint[], measure: Measure): number {
	if (measure !== 'hit_rate') return points.reduce((sum, point) => sum + point[measure], 0);
	const answered = points.reduce((sum, point) => sum + point.hits + point.stale, 0);
	const lookups = answered + points.reduce((sum, point) => sum + point.misses, 0);
	return lookups === 0 ? 0 : answered / lookups;
}

/** Returns whether there is anything to draw: lookups for a hit rate (misses count too), otherwise savings. */
export function hasValues(points: SeriesPoint[], measure: Measure): boolean {
	if (measure === 'hit_rate') return points.some(({ hits, stale, misses }) => hits + stale + misses > 0);
	return computeTotal(points, measure) > 0;
}

/** Lists the providers to request; null requests all together. */
export function listLineProviders(byProvider: boolean): (Provider | null)[] {
	return byProvider ? [...PROVIDERS] : [null];
}
