import type { Application, NextFunction, Request, Response } from 'express';
import { describe, expect, it } from 'vitest';

import { mountExpressLane } from '../../src/hooks/express-lane.ts';
import type { Lane } from '../../src/runtime/lane/lane.ts';

describe('the express lane that was mounted once', () => {
	it('is that of the last load of the bundle, and lets all pass while that one is closed', () => {
		const asked: string[] = [];
		const lane = (name: string, open: boolean) => ({ open, answer: () => void asked.push(name) }) as unknown as Lane;
		let latest: Lane | null = null;
		let middleware: ((request: Request, response: Response, next: NextFunction) => void) | undefined;
		const app = { use: (_path: string, handler: typeof middleware) => (middleware = handler) };
		mountExpressLane(app as unknown as Application, () => latest);
		const post = (): void =>
			middleware?.({ method: 'POST' } as unknown as Request, {} as unknown as Response, () => asked.push('Directus'));
		for (const next of [null, lane('first', true), lane('second', true), lane('third', false)]) {
			latest = next;
			post();
		}
		expect(asked).toEqual(['Directus', 'first', 'second', 'Directus']);
	});
});
