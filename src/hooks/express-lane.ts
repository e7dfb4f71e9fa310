import type { Application, NextFunction, Response } from 'express';
import { BASE_PATH } from '../contract.ts';
import type { Lane, LaneRequest } from '../runtime/lane/lane.ts';

/**
 * Answers hits ahead of Directus' middlewares; everything else goes the normal way, its body unread. `latest`: the lane
 * of the last load of this bundle, as Express keeps the middlewares of the first.
 */
export function mountExpressLane(app: Application, latest: () => Lane | null): void {
	app.use(`/${BASE_PATH}`, (request: LaneRequest, response: Response, next: NextFunction) => {
		const lane = latest();
		if (request.method !== 'POST' || !lane?.open) {
			next();
			return;
		}
		lane.answer(request, response, next);
	});
}
