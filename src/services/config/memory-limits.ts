import type { Settings } from './settings.ts';

const MAX_BYTES = 32 * 2 ** 20;

/**
 * Bytes that each table which makes hits quick may take: half of what the entries in this process's memory may, 32 MB
 * at most; 1 where nothing is held in it.
 */
export function quickBytes({ store, values }: Pick<Settings, 'store' | 'values'>): number {
	const entries = store === 'memory' ? values.AI_CACHE_MEMORY_MAX : values.AI_CACHE_FIRST_LEVEL_MAX;
	return Math.max(1, Math.min(MAX_BYTES, Math.floor(entries / 2)));
}
