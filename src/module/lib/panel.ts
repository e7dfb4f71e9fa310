import { PROVIDERS, type Provider, type SeriesPoint } from '../../contract.ts';

export const MEASURES = ['hit_rate', 'saved_usd', 'saved_tokens'] as const;
export type Measure = (typeof MEASURES)[number];

export function toMeasure(value: unknown): Measure {
	return MEASURES.find((measure) => measure === value) ?? 'saved_usd';
}

/** One line of the panel; `provider` is null for all together. */
export interface Line {
	provider: Provider | null;
	points: SeriesPoint[];
}

/** Values to draw; a bucket without lookups has no hit rate, yet has saved 0. */
export function lineValues(points: SeriesPoint[], measure: Measure): (number | null)[] {
	if (measure !== 'hit_rate') return points.map((point) => point[measure]);
	return points.map(({ hits, stale, misses, hit_rate: rate }) => (hits + stale + misses === 0 ? null : rate));
}

/** The value over the whole period: a sum, or the rate of all lookups together. */
export function lineTotal(points: SeriesPoint[], measure: Measure): number {
	if (measure !== 'hit_rate') return points.reduce((sum, point) => sum + point[measure], 0);
	const answered = points.reduce((sum, point) => sum + point.hits + point.stale, 0);
	const lookups = answered + points.reduce((sum, point) => sum + point.misses, 0);
	return lookups === 0 ? 0 : answered / lookups;
}

/** Whether there is anything to draw: lookups for a hit rate, were they all misses, and else something saved. */
export function isLineUsed(points: SeriesPoint[], measure: Measure): boolean {
	if (measure === 'hit_rate') return points.some(({ hits, stale, misses }) => hits + stale + misses > 0);
	return lineTotal(points, measure) > 0;
}

/** Which series a panel asks for. */
export function panelLines(byProvider: boolean): (Provider | null)[] {
	return byProvider ? [...PROVIDERS] : [null];
}
