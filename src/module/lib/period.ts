import type { StatsInterval } from '../../shared/api-types.ts';

export const PERIODS = ['1h', '24h', '7d', '30d'] as const;
export type Period = (typeof PERIODS)[number];

export const DEFAULT_PERIOD: Period = '24h';

const LENGTHS: Record<Period, { seconds: number; interval: StatsInterval }> = {
	'1h': { seconds: 3_600, interval: 'minute' },
	'24h': { seconds: 86_400, interval: 'hour' },
	'7d': { seconds: 7 * 86_400, interval: 'hour' },
	'30d': { seconds: 30 * 86_400, interval: 'day' },
};

export const INTERVAL_SECONDS: Record<StatsInterval, number> = { minute: 60, hour: 3_600, day: 86_400 };

export interface PeriodQuery {
	from: string;
	to: string;
	interval: StatsInterval;
}

/** Builds the `GET /stats` query for the period that ends at `now` (milliseconds). */
export function buildPeriodQuery(period: Period, now: number): PeriodQuery {
	const { seconds, interval } = LENGTHS[period];
	return { from: new Date(now - seconds * 1000).toISOString(), to: new Date(now).toISOString(), interval };
}

/** Parses a period from a URL or an option; unknown values become the default. */
export function parsePeriod(value: unknown): Period {
	return PERIODS.find((period) => period === value) ?? DEFAULT_PERIOD;
}

/** Returns the length of the period's buckets in seconds. */
export function getBucketSeconds(period: Period): number {
	return INTERVAL_SECONDS[LENGTHS[period].interval];
}

/** Returns the bucket length to format labels with. Charts of more than a day need the day next to the hour. */
export function getLabelSeconds(bucketSeconds: number, buckets: number): number {
	const moreThanADay = bucketSeconds * buckets > 26 * INTERVAL_SECONDS.hour;
	return moreThanADay ? Math.max(bucketSeconds, INTERVAL_SECONDS.hour + 1) : bucketSeconds;
}
