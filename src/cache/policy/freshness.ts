import type { Entry, Found } from '../entry.ts';

/** Whether the answer is older than a request accepts: `maxAge` in seconds, any age where it is undefined. */
export const isTooOld = ({ meta }: Entry, maxAge: number | undefined, now: number): boolean =>
	maxAge !== undefined && now - meta.created > maxAge * 1000;

export interface StaleLimits {
	/** Seconds, as the request accepts it. */
	maxAge: number | undefined;
	/** Beyond the end of its life, or beyond that age. */
	seconds: number | undefined;
}

/**
 * Whether an answer is stale for no longer than that: past its own life, or past the age that the request accepts
 * (RFC 5861 §3 and §4). Never what was invalidated, nor what lacks a dependency of the request.
 */
export function isWithinStale(
	{ entry, state, covers }: Found,
	{ maxAge = Infinity, seconds = 0 }: StaleLimits,
	now: number,
): boolean {
	if (seconds <= 0 || state === 'invalidated' || !covers) return false;
	const { created, expires } = entry.meta;
	return now < Math.min(expires, created + maxAge * 1000) + seconds * 1000;
}
