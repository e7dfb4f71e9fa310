import type { NextFunction, Request, Response } from 'express';
import type { Tag } from '../cache/dependencies.ts';
import { BASE_PATH } from '../contract.ts';
import { openWrites, type Writing } from '../runtime/open-writes.ts';

export interface Settling {
	/** Settles once every invalidation that has begun is in force; null where there is none. */
	settled(): Promise<unknown> | null;
	/** Invalidates these tags again, now that what the request wrote is committed. */
	repeat(tags: readonly Tag[]): Promise<unknown>;
}

/** Longest time that a response is kept back: a store that hangs must not make Directus hang. */
export const MAX_WAIT_MS = 300;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A Flow may write whatever it was asked by. */
const FLOWS = '/flows/trigger/';

/**
 * Keeps the end of a mutating request's response back until the invalidations that it caused are in force, so that
 * whoever has the response asks the cache and gets nothing older than what they wrote. Directus fires its action
 * events before it answers, and waits for none of them.
 */
export function readYourOwnWrite(invalidations: Settling, maxWaitMs = MAX_WAIT_MS) {
	return (request: Request, response: Response, next: NextFunction): void => {
		if (!mayWrite(request)) {
			next();
			return;
		}
		openWrites.open(request as Writing);
		holdEnd(request as Writing, response, invalidations, maxWaitMs);
		next();
	};
}

function mayWrite({ method, path }: Request): boolean {
	if (READING.has(method)) return path.startsWith(FLOWS);
	return path !== `/${BASE_PATH}` && !path.startsWith(`/${BASE_PATH}/`);
}

/** `end` has several signatures; what it was called with is handed on as it is. */
function holdEnd(request: Writing, response: Response, invalidations: Settling, maxWaitMs: number): void {
	const end = response.end.bind(response) as (...parts: unknown[]) => Response;
	response.end = ((...parts: unknown[]): Response => {
		const tags = openWrites.close(request);
		const settled = tags.length === 0 ? invalidations.settled() : invalidations.repeat(tags);
		response.end = end as Response['end'];
		if (settled === null) return end(...parts);
		// Whoever ends it once more meanwhile must not end it early.
		response.end = (() => response) as Response['end'];
		void within(settled, maxWaitMs).then(() => end(...parts));
		return response;
	}) as Response['end'];
}

/** Settles with the promise, or after the time; never rejects. */
async function within(promise: Promise<unknown>, milliseconds: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, milliseconds);
	});
	await Promise.race([promise.catch(() => {}), timeout]);
	clearTimeout(timer);
}
