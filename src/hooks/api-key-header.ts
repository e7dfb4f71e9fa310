import type { IncomingMessage } from 'node:http';
import { BASE_PATH } from '../contract.ts';
import { tokenOf } from '../runtime/lane/token.ts';

/**
 * Lets Anthropic's SDKs before 1.0 in, which send their API key, here a Directus token, as `x-api-key`. A bearer token
 * beside it wins, the credentials of a proxy (`Basic`) do not. To be called before Directus reads the token.
 */
export function acceptApiKey({ url = '', headers }: IncomingMessage): void {
	if (!url.startsWith(`/${BASE_PATH}/anthropic/`)) return;
	const { 'x-api-key': apiKey } = headers;
	if (tokenOf(headers) === null && typeof apiKey === 'string' && apiKey !== '') {
		headers.authorization = `Bearer ${apiKey}`;
	}
}
