import type { OperationContext } from '@directus/types';

import type { BatchElement, GenerationAnswer } from '../../contract.ts';
import { InvalidRequestError } from '../../runtime/errors.ts';
import { authoredTexts, missingValues } from '../flow-texts.ts';
import type { Options } from '../options.ts';
import type { ConnectEngine } from '../port.ts';
import { optionsToRequest } from './request.ts';

export const GENERATE_ID = 'ai-cache-generate';

/**
 * The step's work: its result is the answer, or with `items` a list of answers and errors. It rejects, so that the
 * flow takes its reject path, with a clear message; a list only where none of its items has an answer.
 */
export function generateHandler(connect: ConnectEngine) {
	return async (
		options: Options,
		context: OperationContext,
	): Promise<GenerationAnswer | BatchElement<GenerationAnswer>[]> => {
		const authored = authoredTexts(context.flow, context.data, GENERATE_ID, options);
		const missing = authored ? missingValues(authored.flowValues, context.data) : [];
		if (missing.length > 0) throw missingError(missing);
		const request = optionsToRequest(options, authored);
		const engine = await connect(context);
		const result = await engine.generate(request, context);
		if (Array.isArray(result)) demandAnswer(result);
		return result;
	};
}

/** Without this, the provider would be asked about "undefined". */
const missingError = (paths: string[]): Error =>
	new InvalidRequestError({
		field: paths.join(', '),
		reason: `The flow has no value for ${paths.map((path) => `{{${path}}}`).join(', ')}`,
	});

function demandAnswer(elements: BatchElement<GenerationAnswer>[]): void {
	const [first] = elements;
	if (!first || !('errors' in first) || elements.some((element) => 'data' in element)) return;
	const [error] = first.errors;
	throw Object.assign(new Error(error?.message ?? 'No item has an answer'), { extensions: error?.extensions });
}
