import type { OperationContext } from '@directus/types';

import type {
	BatchElement,
	GenerationAnswer,
	GenerationRequest,
	InvalidationRequest,
	InvalidationResult,
} from '../contract.ts';

/** What a Flow's steps ask of the runtime. Whatever cannot be done is thrown as a Directus error. */
export interface FlowEngine {
	/** One answer; with an item template and `items`, one element for each of them, in their order. */
	generate(
		request: GenerationRequest,
		context: OperationContext,
	): Promise<GenerationAnswer | BatchElement<GenerationAnswer>[]>;
	invalidate(request: InvalidationRequest, context: OperationContext): Promise<InvalidationResult>;
}

/** Gives the process's engine. */
export type ConnectEngine = (context: OperationContext) => FlowEngine | Promise<FlowEngine>;
