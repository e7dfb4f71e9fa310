import type { Clock } from '../../../cache/clock.ts';
import type { StoreEvents } from '../../../cache/store.ts';
import type { Client } from './client.ts';
import type { DataLossDetector } from './data-loss-detector.ts';
import type { Hints } from '../notifications/hints.ts';
import type { Keys } from './keys.ts';
import type { ReadBatcher } from '../entries/read-batcher.ts';

export interface RedisLimits {
	/** Decoded bytes of one section. */
	maxEntryBytes: number;
	/** Longest life of an entry in seconds; tokens and indexes outlive it. */
	maxTtl: number;
	/** Longest time that a generation takes, in milliseconds; ten minutes where it is not given. */
	generationMs?: number;
	/** Seconds that an entry is kept after it expired, for `stale-if-error`. */
	staleSeconds: number;
	journalRows: number;
}

/** What the parts of the Redis store share. */
export interface RedisContext {
	client: Client;
	keys: Keys;
	detector: DataLossDetector;
	reads: ReadBatcher;
	hints: Hints;
	clock: Clock;
	limits: RedisLimits;
	events: StoreEvents;
}

const DAY_MS = 86_400_000;

/** Tokens and indexes live longer than any entry that was stored with them, so that nothing comes back to life. */
export const upkeepMs = ({ limits }: RedisContext): number => (limits.maxTtl + limits.staleSeconds) * 1000 + DAY_MS;
