import type { IncomingMessage } from 'node:http';
import { BASE_PATH } from '../contract.ts';

/**
 * Lets Anthropic's SDKs before 1.0 in, which send their API key, here a Directus token, as `x-api-key`. To be called
 * before Directus reads the token.
 */
export function bearApiKey({ url = '', headers }: IncomingMessage): void {
	if (!url.startsWith(`/${BASE_PATH}/anthropic/`)) return;
	const { authorization, 'x-api-key': apiKey } = headers;
	if (authorization === undefined && typeof apiKey === 'string' && apiKey !== '') {
		headers.authorization = `Bearer ${apiKey}`;
	}
}
