import type { OperationContext } from '@directus/types';

import type {
	BatchElement,
	GenerationAnswer,
	GenerationRequest,
	InvalidationRequest,
	InvalidationResult,
} from '../shared/api-types.ts';
import { callerOf } from '../services/access/caller.ts';
import type { HostContext } from '../services/host.ts';
import { parseInvalidation } from '../services/validation/invalidation-schema.ts';
import { getRuntime } from '../host/container.ts';

/** The part of the engine that Flow operations use. Failures are thrown as Directus errors. */
export interface FlowEngine {
	/** Returns one answer. With an item template and `items`: one element per item, in the same order. */
	generate(
		request: GenerationRequest,
		context: OperationContext,
	): Promise<GenerationAnswer | BatchElement<GenerationAnswer>[]>;
	invalidate(request: InvalidationRequest, context: OperationContext): Promise<InvalidationResult>;
}

/** Returns the engine of this process. */
export type ConnectEngine = (context: OperationContext) => FlowEngine | Promise<FlowEngine>;

/**
 * Connects an operation to the runtime of this process. Items are read with the Flow's own permissions. Only admins can
 * build Flows, so no further access check is needed.
 */
export const connectEngine: ConnectEngine = (context) => {
	const runtime = getRuntime(context as unknown as HostContext);
	const caller = callerOf(context.accountability);
	return {
		generate: (request) => runtime.native.generate(request, caller, new AbortController().signal),
		invalidate: (request) => {
			const { dry_run: dryRun, ...criteria } = parseInvalidation(request);
			if (dryRun) return runtime.invalidator.measure(criteria, dryRun === 'edit');
			const author = { cause: 'purge', user: caller.user, details: [{ kind: 'flow' }] } as const;
			return runtime.invalidator.purge(criteria, author);
		},
	};
};
