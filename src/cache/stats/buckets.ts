import type { StatsInterval } from '../../shared/api-types.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const INTERVAL_MS: Readonly<Record<StatsInterval, number>> = { minute: MINUTE, hour: HOUR, day: DAY };

/** How long buckets are kept: enough for the longest period that is shown with each, and the period before it. */
export const RETENTION_MS: Readonly<Record<StatsInterval, number>> = {
	minute: 26 * HOUR,
	hour: 62 * DAY,
	day: 800 * DAY,
};

/** Rows (provider, model, collection) that a bucket keeps apart; what comes later is added up under `OTHER`. */
export const MAX_ROWS = 1000;
export const OTHER = '(other)';

/** Start of the bucket that the moment falls into; days are UTC days. */
export function bucketStart(interval: StatsInterval, at: number): number {
	return at - (at % INTERVAL_MS[interval]);
}

/** Starts of all buckets that touch [from, to). */
export function bucketStarts(interval: StatsInterval, from: number, to: number): number[] {
	const starts: number[] = [];
	for (let at = bucketStart(interval, from); at < to; at += INTERVAL_MS[interval]) starts.push(at);
	return starts;
}
