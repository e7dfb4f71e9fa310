import type { Provider } from '../../shared/api-types.ts';
import type { ReceivedHeaders } from './headers.ts';

/** The header that carries each provider's request id. The provider's SDK reads the id from it. */
export const REQUEST_ID_HEADERS: Readonly<Record<Provider, string>> = {
	openai: 'x-request-id',
	anthropic: 'request-id',
	mistral: 'mistral-correlation-id',
	deepseek: 'x-ds-trace-id',
};

/** Returns the provider's request id, or null if the headers have none. */
export function requestIdOf(provider: Provider, headers: ReceivedHeaders): string | null {
	const id = headers[REQUEST_ID_HEADERS[provider]];
	return typeof id === 'string' ? id : null;
}
