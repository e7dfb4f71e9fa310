import type { JsonObject } from '../../shared/api-types.ts';

/** `{"error": …}` as OpenAI and DeepSeek answer. https://platform.openai.com/docs/guides/error-codes */
export function openAiErrorBody(status: number, message: string, code: string): JsonObject {
	return { error: { message, type: errorType(status), param: null, code } };
}

/** The kinds that OpenAI's own answers name. */
export function errorType(status: number): string {
	if (status === 401) return 'authentication_error';
	if (status === 403) return 'permission_error';
	if (status === 404) return 'not_found_error';
	if (status === 429) return 'rate_limit_error';
	return status >= 500 ? 'server_error' : 'invalid_request_error';
}
