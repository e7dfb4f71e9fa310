import type { OperationContext } from '@directus/types';

import type { InvalidationResult } from '../../contract.ts';
import { readAuthoredTexts, requireValues } from '../flow-template.ts';
import type { Options } from '../options.ts';
import type { ConnectEngine } from '../port.ts';
import { buildInvalidation } from './request.ts';

export const INVALIDATE_ID = 'ai-cache-invalidate';

/** The step's work: its result says how many entries went, what they had cost and how often they were used. */
export function createInvalidateHandler(connect: ConnectEngine) {
	return async (options: Options, context: OperationContext): Promise<InvalidationResult> => {
		const authored = readAuthoredTexts(context.flow, context.data, INVALIDATE_ID, options);
		// A criterion that is left out takes more than was meant, one that says "null" nothing.
		requireValues(authored && { ...authored, optional: new Set() }, context.data);
		const request = buildInvalidation(options);
		const engine = await connect(context);
		return engine.invalidate(request, context);
	};
}
