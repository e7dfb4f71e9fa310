import type { Registry } from 'prom-client';
import type { HealthReport } from '../../../shared/api-types.ts';
import { promClient } from './prom-client.cjs';

type StoreReport = NonNullable<HealthReport['store']>;

const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/** Name without its prefix, help, and the value; none where it does not apply. */
const GAUGES: readonly [name: string, help: string, valueOf: (store: StoreReport) => number | null | undefined][] = [
	['store_up', '1 where the store answers.', ({ connected }) => Number(connected)],
	[
		'store_latency_seconds',
		'What the store took to answer now.',
		({ latency_ms: ms }) => (ms === null ? null : ms / 1000),
	],
	[
		'store_hints_up',
		'1 if the process is told at once that another process ended a generation; absent with the memory store.',
		({ hints }) => (hints === 'none' ? null : Number(hints === 'up')),
	],
	[
		'store_pending_invalidations',
		'Invalidations that wait until the store is back.',
		({ pending_invalidations: pending }) => pending,
	],
	[
		'store_memory_bytes',
		'Memory in use: of Redis, or of the memory store.',
		({ connected, memory }) => (connected ? memory.used : null),
	],
	['store_memory_max_bytes', 'Bound of that memory, where there is one.', ({ memory }) => memory.max],
	['first_level_entries', 'Entries held in front of Redis.', ({ first_level: level }) => level?.entries],
	['first_level_bytes', 'Bytes held in front of Redis.', ({ first_level: level }) => level?.used],
	['first_level_max_bytes', 'Bound of the bytes held in front of Redis.', ({ first_level: level }) => level?.max],
];

/** How the store is, as this process sees it. */
export function writeStore(registry: Registry, store: StoreReport): void {
	for (const [name, help, valueOf] of GAUGES) {
		const value = valueOf(store);
		if (value !== null && value !== undefined) gaugeIn(registry, name, help, []).set(value);
	}
	const breaker = gaugeIn(registry, 'store_breaker_state', '1 for the state that the circuit breaker is in.', [
		'state',
	]);
	for (const state of BREAKER_STATES) breaker.set({ state }, Number(store.breaker === state));
	gaugeIn(registry, 'store_info', 'Which store there is; always 1.', ['kind', 'mode']).set(
		{ kind: store.kind, mode: store.mode },
		1,
	);
}

function gaugeIn<Label extends string>(registry: Registry, name: string, help: string, labelNames: Label[]) {
	return new (promClient().Gauge)({
		name: `ai_cache_${name}`,
		help: `${help} This process alone.`,
		labelNames,
		registers: [registry],
	});
}
