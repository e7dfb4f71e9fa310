/** Seconds that the stores under test keep an expired entry. */
export const STALE_SECONDS = 600;
export const MAX_ENTRY_BYTES = 20_000;
export const JOURNAL_ROWS = 20;
export const LEASE_MS = 30_000;
