import { isNestedTooDeeply } from '../../providers/json/nesting.ts';
import { InvalidRequestError } from '../errors/errors.ts';

/** Throws for input that is nested so deeply that what walks through it later could exhaust the stack. */
export function demandDepth(input: unknown): void {
	if (!isNestedTooDeeply(input)) return;
	throw new InvalidRequestError({ field: '', reason: 'The body is nested too deeply' });
}
