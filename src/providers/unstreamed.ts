import type { StreamAssembler } from './adapter.ts';

/** Assembler for embeddings, which are never streamed: its result is always incomplete. */
export const neverWhole = (): StreamAssembler => ({
	push: () => undefined,
	end: () => undefined,
	weigh: () => 0,
	result: () => ({ complete: false, reason: 'not_streamed' }),
});
