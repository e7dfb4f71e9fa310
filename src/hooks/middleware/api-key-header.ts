import type { IncomingMessage } from 'node:http';
import { BASE_PATH } from '../../shared/api-types.ts';
import { tokenOf } from '../../host/fast-path/bearer-token.ts';

/**
 * Accepts `x-api-key` as the access token, because Anthropic's SDKs before 1.0 send their API key there. A bearer token
 * takes precedence; a proxy's `Basic` credentials do not. Call it before Directus authenticates the request.
 */
export function acceptApiKey({ url = '', headers }: IncomingMessage): void {
	if (!url.startsWith(`/${BASE_PATH}/anthropic/`)) return;
	const { 'x-api-key': apiKey } = headers;
	if (tokenOf(headers) === null && typeof apiKey === 'string' && apiKey !== '') {
		headers.authorization = `Bearer ${apiKey}`;
	}
}
