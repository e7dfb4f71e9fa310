import type { OperationContext } from '@directus/types';

import type { BatchElement, GenerationAnswer } from '../../shared/api-types.ts';
import { restoreAuthorSyntax, readAuthoredTexts, requireValues } from '../flow-template.ts';
import type { Options } from '../options.ts';
import type { ConnectEngine } from '../port.ts';
import { buildRequest } from './request.ts';

export const GENERATE_ID = 'ai-cache-generate';

/**
 * Creates the operation's handler. It returns the answer, or with `items` a list of answers and errors. It rejects with a
 * clear message, so that the Flow takes its reject path. A list rejects only if none of its items has an answer.
 */
export function createGenerateHandler(connect: ConnectEngine) {
	return async (
		options: Options,
		context: OperationContext,
	): Promise<GenerationAnswer | BatchElement<GenerationAnswer>[]> => {
		const authored = readAuthoredTexts(context.flow, context.data, GENERATE_ID, options);
		requireValues(authored, context.data);
		const request = buildRequest(options, authored);
		const engine = await connect(context);
		const fields = authored?.itemFields ?? new Set<string>();
		const result = await engine.generate(request, context).catch((error: unknown) => {
			throw restoreErrorSyntax(error, fields);
		});
		if (!Array.isArray(result)) return result;
		requireAnswer(result, fields);
		return result;
	};
}

function restoreErrorSyntax(error: unknown, fields: ReadonlySet<string>): unknown {
	if (!(error instanceof Error)) return error;
	error.message = restoreAuthorSyntax(error.message, fields);
	const { extensions } = error as { extensions?: { reason?: unknown } };
	if (typeof extensions?.reason === 'string') extensions.reason = restoreAuthorSyntax(extensions.reason, fields);
	return error;
}

function requireAnswer(elements: BatchElement<GenerationAnswer>[], fields: ReadonlySet<string>): void {
	for (const element of elements) {
		if ('errors' in element)
			for (const error of element.errors) error.message = restoreAuthorSyntax(error.message, fields);
	}
	const [first] = elements;
	if (!first || !('errors' in first) || elements.some((element) => 'data' in element)) return;
	const [error] = first.errors;
	throw Object.assign(new Error(error?.message ?? 'No item has an answer'), { extensions: error?.extensions });
}
