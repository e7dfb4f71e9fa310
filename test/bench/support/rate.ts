import { Bench } from 'tinybench';

/** So many calls are timed as one: looking at the clock takes as long as a hit from memory. */
const CALLS = 100;
const ROUNDS = 3;

/** Calls a second over `milliseconds`, after a tenth of that to warm up; the best of three rounds. */
export function rate(work: () => unknown, milliseconds = 1000): number {
	const many = (): void => {
		for (let call = 0; call < CALLS; call++) work();
	};
	const round = (warmupTime: number): number => {
		const bench = new Bench({ time: milliseconds / ROUNDS, warmup: warmupTime > 0, warmupTime, iterations: 1 });
		const [task] = bench.add('calls', many).runSync();
		if (task?.result.state !== 'completed') throw new Error('the work failed');
		return (CALLS * 1000) / task.result.latency.mean;
	};
	return Math.max(...Array.from({ length: ROUNDS }, (_, index) => round(index === 0 ? milliseconds / 10 : 0)));
}

/** The same for asynchronous work, so many at a time. */
export async function rateAsync(
	work: () => Promise<unknown>,
	concurrency: number,
	milliseconds = 1500,
): Promise<number> {
	await measureAsync(work, concurrency, milliseconds / 5);
	const rounds: number[] = [];
	for (let round = 0; round < ROUNDS; round++)
		rounds.push(await measureAsync(work, concurrency, milliseconds / ROUNDS));
	return Math.max(...rounds);
}

async function measureAsync(work: () => Promise<unknown>, concurrency: number, milliseconds: number): Promise<number> {
	const started = performance.now();
	let calls = 0;
	const worker = async (): Promise<void> => {
		while (performance.now() - started < milliseconds) {
			await work();
			calls++;
		}
	};
	await Promise.all(Array.from({ length: concurrency }, worker));
	return (calls / (performance.now() - started)) * 1000;
}
