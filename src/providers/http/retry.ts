import type { ReceivedHeaders } from './headers.ts';

/** True for timeouts, conflicts, rate limits and server errors. */
export const isRetryable = (status: number): boolean =>
	status === 408 || status === 409 || status === 429 || status >= 500;

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;

/** Full jitter, from 0 to the doubled ceiling: callers that failed together do not retry together. */
export function backoffMs(attempt: number, random: () => number): number {
	return Math.floor(random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt));
}

/**
 * Returns the wait in milliseconds that the provider asks for, or null if it asks for none or it is unreadable. Reads
 * `retry-after-ms` (OpenAI) and `Retry-After` in seconds or as a date (RFC 9110 §10.2.3).
 */
export function retryAfterMs(headers: ReceivedHeaders, now: number): number | null {
	const milliseconds = positive(headers['retry-after-ms']);
	if (milliseconds !== null) return milliseconds;
	const seconds = positive(headers['retry-after']);
	if (seconds !== null) return seconds * 1_000;
	const date = Date.parse(String(headers['retry-after'] ?? ''));
	return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function positive(header: ReceivedHeaders[string]): number | null {
	if (typeof header !== 'string' || header.trim() === '') return null;
	const value = Number(header);
	return Number.isFinite(value) && value >= 0 ? value : null;
}
