import type { JsonObject } from '../../shared/api-types.ts';
import { isObject, isPresent, objectsOf } from '../json/json.ts';

/**
 * Why a request leans on what Anthropic keeps, a container with its files or a thread, or on a remote server, which may
 * also act each time that it is called; or null.
 */
export function anthropicState({ container, thread, mcp_servers: servers }: JsonObject): string | null {
	if (typeof container === 'string' || (isObject(container) && isPresent(container['id']))) return 'container';
	if (isPresent(thread)) return 'thread';
	return objectsOf(servers).length > 0 ? 'mcp' : null;
}
