import { quickBytes } from '../../services/config/memory-limits.ts';
import type { Environment, Settings } from '../../services/config/settings.ts';
import type { LaneSettings } from './fast-path.ts';

/** So long may another process' Directus let callers in by what held before a change. */
const SETTLE_MS = 1000;

const on = (value: unknown): boolean => value === true || value === 'true';

/** What keeps the lane closed: Directus' rate limiters, which have to count every request. */
export function laneSettings(settings: Settings, environment: Environment): LaneSettings {
	const header = environment['IP_CUSTOM_HEADER'];
	return {
		authMemoMs: settings.values.AI_CACHE_AUTH_MEMO,
		// Only a store that processes share is told of changes that another process made.
		settleMs: settings.store === 'memory' ? 0 : SETTLE_MS,
		knownBytes: quickBytes(settings),
		closed: on(environment['RATE_LIMITER_ENABLED']) || on(environment['RATE_LIMITER_GLOBAL_ENABLED']),
		addressHeaders: typeof header === 'string' && header !== '' ? spellings(header.toLowerCase()) : [],
	};
}

/** Directus reads both where it is told one of them. */
const REFERRERS = ['referrer', 'referer'];

const spellings = (name: string): readonly string[] => (REFERRERS.includes(name) ? REFERRERS : [name]);
