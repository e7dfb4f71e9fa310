import type { Application, NextFunction, Request, Response } from 'express';
import { BASE_PATH } from '../contract.ts';

/**
 * Lets Anthropic's SDKs before 1.0 in, which send their API key, here a Directus token, as `x-api-key`. To be mounted
 * before Directus reads the token.
 */
export function mountApiKeyHeader(app: Application): void {
	app.use(`/${BASE_PATH}/anthropic`, (request: Request, _response: Response, next: NextFunction): void => {
		const { authorization, 'x-api-key': apiKey } = request.headers;
		if (authorization === undefined && typeof apiKey === 'string' && apiKey !== '') {
			request.headers.authorization = `Bearer ${apiKey}`;
		}
		next();
	});
}
