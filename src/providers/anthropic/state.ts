import type { JsonObject } from '../../contract.ts';
import { isObject, isPresent } from '../json.ts';

/** Why a request leans on what Anthropic keeps: a container with its files, or a thread; or null. */
export function anthropicState({ container, thread }: JsonObject): string | null {
	if (typeof container === 'string' || (isObject(container) && isPresent(container['id']))) return 'container';
	return isPresent(thread) ? 'thread' : null;
}
