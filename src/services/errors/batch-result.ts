import { isDirectusError } from '@directus/errors';
import type { ApiError, BatchElement } from '../../shared/api-types.ts';

/** An error as an element of a batch shows it; what is not meant for the caller stays unsaid. */
export function apiErrors(error: unknown): ApiError[] {
	if (!isDirectusError(error)) {
		return [{ message: 'An unexpected error occurred', extensions: { code: 'INTERNAL_SERVER_ERROR' } }];
	}
	const details = typeof error.extensions === 'object' && error.extensions !== null ? error.extensions : {};
	return [{ message: error.message, extensions: { ...details, code: error.code } }];
}

/** The same error, whose message and field also name the element of the request that it is about. */
export function namingElement(error: unknown, element: string): unknown {
	if (!isDirectusError(error)) return error;
	error.message = `${element}: ${error.message}`;
	const { extensions } = error;
	if (typeof extensions === 'object' && extensions !== null && 'field' in extensions) {
		extensions.field = [element, extensions.field].filter(Boolean).join('.');
	}
	return error;
}

/** What became of one element of a batch. */
export type Settled<Result> = { data: Result } | { error: unknown };

/** The elements as they are answered: each with its result or its errors. */
export const batchElements = <Result>(settled: readonly Settled<Result>[]): BatchElement<Result>[] =>
	settled.map((element) => ('data' in element ? element : { errors: apiErrors(element.error) }));

/** The result of a batch of one that was not asked as a batch; throws its error. */
export function single<Result>([element]: readonly Settled<Result>[]): Result {
	if (element && 'data' in element) return element.data;
	throw element?.error;
}
