import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from 'express';
import { BASE_PATH } from '../../shared/api-types.ts';
import type { Lane } from '../../host/fast-path/fast-path.ts';
import { acceptApiKey } from './api-key-header.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, done?: (error?: unknown) => void) => void;

/**
 * Answers hits ahead of all of Express; everything else goes the normal way, its body unread. Express and the
 * middlewares before any extension's take more time than a hit does, so the lane stands before the application's own
 * `handle`. `latest`: the lane of the last load of this bundle, as the application is made once.
 */
export function mountExpressLane(app: Application, latest: () => Lane | null): void {
	const application = app as unknown as { handle: Handler };
	const handle = application.handle.bind(app);
	application.handle = (request, response, done) => {
		if (request.url?.startsWith(`/${BASE_PATH}/`) !== true) {
			handle(request, response, done);
			return;
		}
		acceptApiKey(request);
		const lane = latest();
		if (request.method === 'POST' && lane) lane.answer(request, response, () => handle(request, response, done));
		else handle(request, response, done);
	};
}
