import type { StreamAssembler } from './adapter.ts';

/** Embeddings come as one body: no stream of them is ever whole. */
export const neverWhole = (): StreamAssembler => ({
	push: () => undefined,
	end: () => undefined,
	weigh: () => 0,
	result: () => ({ complete: false, reason: 'not_streamed' }),
});
