/**
 * What makes a bench long. `AI_CACHE_BENCH_ENTRIES`: the most entries that anything is measured with, a million by
 * default. `AI_CACHE_BENCH_SOAK_MINUTES`: 10 by default. `AI_CACHE_BENCH_ROUNDS`: of those that count rounds, 10 000 by
 * default. Smaller ones try a bench out; its ratios are worth less then.
 */
export const MAX_ENTRIES = positive('AI_CACHE_BENCH_ENTRIES', 1_000_000);
export const SOAK_MINUTES = positive('AI_CACHE_BENCH_SOAK_MINUTES', 10);
export const ROUNDS = positive('AI_CACHE_BENCH_ROUNDS', 10_000);

/** Those of the sizes that are to be measured. */
export const upTo = (sizes: readonly number[]): number[] => sizes.filter((size) => size <= MAX_ENTRIES);

function positive(name: string, otherwise: number): number {
	const value = Number(process.env[name] ?? otherwise);
	if (!(value > 0)) throw new Error(`${name} must be a number above 0`);
	return value;
}
