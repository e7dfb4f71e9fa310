import type { JsonObject } from '../../shared/api-types.ts';
import { errorType } from '../chat-completions/error-body.ts';

/** Builds an error body. Mistral's errors have no envelope. https://docs.mistral.ai/api/ */
export function mistralErrorBody(status: number, message: string, code: string): JsonObject {
	return { object: 'error', message, type: errorType(status), param: null, code };
}
