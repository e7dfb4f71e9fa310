import type { ServerResponse } from 'node:http';
import type { CacheStatus } from '../contract.ts';

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

/** `X-AI-Cache`, `Cache-Status` (RFC 9211) and, for what came from the cache, `Age` (RFC 9111 §5.1). */
export function setCacheHeaders(response: ServerResponse, facts: CacheFacts): void {
	response.setHeader('X-AI-Cache', facts.status);
	response.setHeader('Cache-Status', cacheStatus(facts));
	if (facts.status === 'HIT' || facts.status === 'STALE') response.setHeader('Age', String(facts.age));
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
