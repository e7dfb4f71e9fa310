import type { ServerResponse } from 'node:http';
import type { CacheFacts } from '../../services/generation/cache-facts.ts';
import type { CacheStatus } from '../../shared/api-types.ts';

/** `X-AI-Cache`, `Cache-Status` (RFC 9211) and, for what came from the cache, `Age` (RFC 9111 §5.1). */
export function setCacheHeaders(response: ServerResponse, facts: CacheFacts): void {
	response.setHeader('X-AI-Cache', facts.status);
	response.setHeader('Cache-Status', cacheStatus(facts));
	if (facts.status === 'HIT' || facts.status === 'STALE') response.setHeader('Age', String(facts.age));
}

/** A request that ended in an error. `providerStatus`: what the provider answered, null where it gave no status. */
export interface FailureFacts {
	/** What a good answer would have said. */
	status: Extract<CacheStatus, 'MISS' | 'REFRESH' | 'BYPASS'>;
	key: string;
	providerStatus: number | null;
}

/** The same two headers for an error that the provider, or the way to it, is the reason of (RFC 9211 §2.3). */
export function setFailureHeaders(response: ServerResponse, { status, key, providerStatus }: FailureFacts): void {
	const forwarded = cacheStatus({ status, key, age: 0, ttl: 0, stored: false });
	response.setHeader('X-AI-Cache', status);
	response.setHeader(
		'Cache-Status',
		providerStatus === null ? forwarded : `${forwarded}; fwd-status=${providerStatus}`,
	);
}

/** For `only-if-cached` with nothing there: no hit, and nothing was forwarded (RFC 9211 §2.8: why is a detail). */
export function setNotCachedHeaders(response: ServerResponse): void {
	response.setHeader('X-AI-Cache', 'MISS');
	response.setHeader('Cache-Status', 'ai-cache; detail=only-if-cached');
}

/** RFC 9211 §2: `hit`, or `fwd` with its reason; `ttl` is negative for a stale answer (§2.4). */
export function cacheStatus({ status, key, ttl, stored }: CacheFacts): string {
	const name = `ai-cache; key="${key}"`;
	switch (status) {
		case 'HIT':
		case 'STALE':
			return `ai-cache; hit; ttl=${ttl}; key="${key}"`;
		case 'COALESCED':
			return `${name}; fwd=uri-miss; collapsed`;
		case 'REFRESH':
			return `${name}; fwd=request${stored ? '; stored' : ''}`;
		case 'BYPASS':
			return `${name}; fwd=bypass`;
		case 'MISS':
			return `${name}; fwd=uri-miss${stored ? '; stored' : ''}`;
	}
}
