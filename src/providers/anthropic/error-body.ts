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

/** Anthropic names a kind and no code: one that is a kind of its own (ends in `_error`) is taken, else the status tells. */
export function anthropicErrorBody(status: number, message: string, code: string): JsonObject {
	const kind = KINDS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
	return { type: 'error', error: { type: code.endsWith('_error') ? code : kind, message } };
}
