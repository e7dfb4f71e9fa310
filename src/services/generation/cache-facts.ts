import type { CacheStatus } from '../../shared/api-types.ts';

/** What the cache headers of a response state. */
export interface CacheFacts {
	status: CacheStatus;
	key: string;
	/** Seconds. */
	age: number;
	/** Seconds left; negative once stale. */
	ttl: number;
	/** Whether the answer is in the cache after this request. */
	stored: boolean;
}
