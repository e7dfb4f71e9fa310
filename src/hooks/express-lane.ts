import type { Application, NextFunction, Response } from 'express';
import { BASE_PATH } from '../contract.ts';
import type { Lane, LaneRequest } from '../runtime/lane/lane.ts';
import { generations } from '../runtime/lane/generations.ts';

/** Answers hits ahead of Directus' middlewares; everything else goes the normal way, its body unread. */
export function mountExpressLane(app: Application, lane: Lane): void {
	if (!lane.open) return;
	app.use(`/${BASE_PATH}`, (request: LaneRequest, response: Response, next: NextFunction) => {
		if (request.method !== 'POST') {
			next();
			return;
		}
		generations.set(request, lane.generation);
		lane.answer(request, response, next);
	});
}
