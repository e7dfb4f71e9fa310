/** Bytes of heap, and of what lies outside it, after a full collection. Needs `--expose-gc`. */
export function memoryInUse(): number {
	if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
	globalThis.gc();
	globalThis.gc();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
