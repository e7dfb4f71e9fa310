import type { JsonObject } from '../../shared/api-types.ts';
import { isObject, isPresent, objectsOf } from '../json/json.ts';

/**
 * Returns a reason if the request depends on state at Anthropic (a container with its files, or a thread) or on a
 * remote server, which may also act at each call. Otherwise returns null.
 */
export function anthropicState({ container, thread, mcp_servers: servers }: JsonObject): string | null {
	if (typeof container === 'string' || (isObject(container) && isPresent(container['id']))) return 'container';
	if (isPresent(thread)) return 'thread';
	return objectsOf(servers).length > 0 ? 'mcp' : null;
}
