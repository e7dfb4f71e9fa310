import { InvalidRequestError } from './errors.ts';

/** What the walk through a request comes to. Refuses one that is nested more deeply than the stack reaches. */
export function withinDepth<Result>(walk: () => Result): Result {
	try {
		return walk();
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new InvalidRequestError({ field: '', reason: 'The body is nested too deeply' });
	}
}
