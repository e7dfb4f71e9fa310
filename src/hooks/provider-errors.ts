import type { Application, NextFunction, Request, Response } from 'express';
import { BASE_PATH, PROVIDERS } from '../contract.ts';
import { sendProviderError } from '../runtime/provider-errors.ts';

/**
 * Answers in the provider's shape what Directus' own middlewares refuse before a provider-compatible route is reached:
 * malformed JSON, a wrong token, a rate limit. To be mounted after them and before Directus' error handler.
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
