import type { JsonObject } from '../../shared/api-types.ts';

/** https://docs.anthropic.com/en/api/errors */
const KINDS: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'billing_error',
	403: 'permission_error',
	404: 'not_found_error',
	413: 'request_too_large',
	429: 'rate_limit_error',
	504: 'timeout_error',
	529: 'overloaded_error',
};

/**
 * Builds an error body. Anthropic has error types instead of codes: a code that ends in `_error` is used as the type,
 * otherwise the status decides.
 */
export function anthropicErrorBody(status: number, message: string, code: string): JsonObject {
	const kind = KINDS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
	return { type: 'error', error: { type: code.endsWith('_error') ? code : kind, message } };
}
