import type { Provider } from '../../shared/api-types.ts';
import type { ReceivedHeaders } from './headers.ts';

/** The header by which each provider names a request, and its SDK reads that name from. */
export const REQUEST_ID_HEADERS: Readonly<Record<Provider, string>> = {
	openai: 'x-request-id',
	anthropic: 'request-id',
	mistral: 'mistral-correlation-id',
	deepseek: 'x-ds-trace-id',
};

/** The provider's id of the request that these headers answer, null where they name none. */
export function requestIdOf(provider: Provider, headers: ReceivedHeaders): string | null {
	const id = headers[REQUEST_ID_HEADERS[provider]];
	return typeof id === 'string' ? id : null;
}
