import type { Environment } from '../settings.ts';
import type { SettingValues } from '../settings-schema.ts';
import type { LaneSettings } from './lane.ts';

const on = (value: unknown): boolean => value === true || value === 'true';

/** What keeps the lane closed: Directus' rate limiters, which have to count every request. */
export function laneSettings(
	{ AI_CACHE_AUTH_MEMO: authMemoMs }: SettingValues,
	environment: Environment,
): LaneSettings {
	const header = environment['IP_CUSTOM_HEADER'];
	return {
		authMemoMs,
		closed: on(environment['RATE_LIMITER_ENABLED']) || on(environment['RATE_LIMITER_GLOBAL_ENABLED']),
		addressHeader: typeof header === 'string' && header !== '' ? header.toLowerCase() : null,
	};
}
