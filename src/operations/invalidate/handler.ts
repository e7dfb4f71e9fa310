import type { OperationContext } from '@directus/types';

import type { InvalidationResult } from '../../shared/api-types.ts';
import { readAuthoredTexts, requireValues } from '../flow-template.ts';
import type { Options } from '../options.ts';
import type { ConnectEngine } from '../port.ts';
import { buildInvalidation } from './request.ts';

export const INVALIDATE_ID = 'ai-cache-invalidate';

/** Creates the operation's handler. It returns the number of invalidated entries, their cost and their hits. */
export function createInvalidateHandler(connect: ConnectEngine) {
	return async (options: Options, context: OperationContext): Promise<InvalidationResult> => {
		const authored = readAuthoredTexts(context.flow, context.data, INVALIDATE_ID, options);
		// An omitted criterion would invalidate too much, and a criterion "null" nothing.
		requireValues(authored && { ...authored, optional: new Set() }, context.data);
		const request = buildInvalidation(options);
		const engine = await connect(context);
		return engine.invalidate(request, context);
	};
}
