import type { OperationContext } from '@directus/types';

import type { InvalidationResult } from '../../contract.ts';
import { authoredTexts, demandValues } from '../flow-texts.ts';
import type { Options } from '../options.ts';
import type { ConnectEngine } from '../port.ts';
import { optionsToInvalidation } from './request.ts';

export const INVALIDATE_ID = 'ai-cache-invalidate';

/** The step's work: its result says how many entries went, what they had cost and how often they were used. */
export function invalidateHandler(connect: ConnectEngine) {
	return async (options: Options, context: OperationContext): Promise<InvalidationResult> => {
		const authored = authoredTexts(context.flow, context.data, INVALIDATE_ID, options);
		// A criterion that is left out takes more than was meant, one that says "null" nothing.
		demandValues(authored && { ...authored, optional: new Set() }, context.data);
		const request = optionsToInvalidation(options);
		const engine = await connect(context);
		return engine.invalidate(request, context);
	};
}
