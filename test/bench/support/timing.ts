/** Milliseconds that the work takes. */
export async function time(work: () => unknown): Promise<number> {
	const started = performance.now();
	await work();
	return performance.now() - started;
}

/** The value below which such a part of them lies, as 0.5 for the median; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
	const sorted = values.toSorted((one, other) => one - other);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** What a measurement gives in each of so many repetitions, one after the other. */
export async function repeat<Result>(times: number, measure: () => Promise<Result>): Promise<Result[]> {
	const results: Result[] = [];
	for (let index = 0; index < times; index++) results.push(await measure());
	return results;
}
