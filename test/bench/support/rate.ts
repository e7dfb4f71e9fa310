/** Calls a second over `milliseconds`, after a tenth of that to warm up; the best of three rounds. */
export function rate(work: () => unknown, milliseconds = 1000): number {
	measure(work, milliseconds / 10);
	return Math.max(...[1, 2, 3].map(() => measure(work, milliseconds / 3)));
}

function measure(work: () => unknown, milliseconds: number): number {
	const started = performance.now();
	let calls = 0;
	let now = started;
	while (now - started < milliseconds) {
		for (let batch = 0; batch < 100; batch++) work();
		calls += 100;
		now = performance.now();
	}
	return (calls / (now - started)) * 1000;
}

/** The same for asynchronous work, so many at a time. */
export async function rateAsync(
	work: () => Promise<unknown>,
	concurrency: number,
	milliseconds = 1500,
): Promise<number> {
	await measureAsync(work, concurrency, milliseconds / 5);
	const rounds: number[] = [];
	for (let round = 0; round < 3; round++) rounds.push(await measureAsync(work, concurrency, milliseconds / 3));
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
