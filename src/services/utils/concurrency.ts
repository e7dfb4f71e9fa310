/** Runs each work that it is given, at most `concurrency` at a time; the others wait their turn. */
export type Slots = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function slots(concurrency: number): Slots {
	let free = concurrency;
	const waiting: (() => void)[] = [];
	return async (work) => {
		if (free > 0) free--;
		else await new Promise<void>((resolve) => waiting.push(resolve));
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else free++;
		}
	};
}

/** Works on all inputs, at most `concurrency` at a time; results in the order of the inputs. */
export async function eachBounded<Input, Result>(
	inputs: readonly Input[],
	concurrency: number,
	work: (input: Input, index: number) => Promise<Result>,
): Promise<Result[]> {
	const results = new Array<Result>(inputs.length);
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < inputs.length) {
			const index = next++;
			results[index] = await work(inputs[index]!, index);
		}
	};
	await Promise.all(Array.from({ length: Math.min(concurrency, inputs.length) }, worker));
	return results;
}
