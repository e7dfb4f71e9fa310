import type { Application, NextFunction, Request, Response } from 'express';
import { BASE_PATH, PROVIDERS } from '../../shared/api-types.ts';
import { sendProviderError } from '../../host/http/provider-error-response.ts';

/**
 * Sends errors of Directus' own middlewares on provider-compatible paths in the provider's format: malformed JSON, an
 * invalid token, a rate limit. Mount it after these middlewares and before Directus' error handler.
 */
export function mountProviderErrors(app: Application): void {
	for (const provider of PROVIDERS) {
		app.use(
			`/${BASE_PATH}/${provider}`,
			(error: unknown, _request: Request, response: Response, _next: NextFunction): void =>
				sendProviderError(response, error, provider),
		);
	}
}
