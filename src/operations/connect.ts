import { callerOf } from '../runtime/caller.ts';
import type { HostContext } from '../runtime/host.ts';
import { parseInvalidation } from '../runtime/invalidation-schema.ts';
import { getRuntime } from '../runtime/runtime.ts';
import type { ConnectEngine } from './port.ts';

/**
 * The process's runtime as Flows use it. Items are read with the flow's own permissions; whoever may build a Flow is an
 * admin, so its steps need no further leave.
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
