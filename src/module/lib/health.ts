import type { HealthReport } from '../../shared/api-types.ts';

export type HealthLevel = 'good' | 'attention' | 'bad';

const BY_STATUS: Record<HealthReport['status'], HealthLevel> = { ok: 'good', degraded: 'attention', down: 'bad' };

export function rateStatus(status: HealthReport['status']): HealthLevel {
	return BY_STATUS[status];
}

type Store = NonNullable<HealthReport['store']>;

export function rateBreaker(breaker: Store['breaker']): HealthLevel {
	if (breaker === 'closed') return 'good';
	return breaker === 'open' ? 'bad' : 'attention';
}

/** Computes the used share of the memory limit, 0 to 1; null if there is no limit. */
export function computeMemoryShare(memory: Store['memory']): number | null {
	return memory.max === null || memory.max === 0 ? null : Math.min(1, memory.used / memory.max);
}
