import type { Application, Request, Response } from 'express';
import type { Tag } from '../../cache/tags/tags.ts';
import { BASE_PATH } from '../../shared/api-types.ts';
import { openWrites, type Writing } from '../../services/invalidation/pending-writes.ts';

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

/** `end` has several signatures; what it was called with is handed on as it is. */
type End = (this: Response, ...parts: unknown[]) => Response;

/**
 * Keeps the end of a mutating request's response back until the invalidations that it caused are in force, so that
 * whoever has the response asks the cache and gets nothing older than what they wrote. Directus fires its action
 * events before it answers, and waits for none of them.
 */
export function mountReadYourOwnWrite(app: Application, invalidations: Settling, maxWaitMs = MAX_WAIT_MS): void {
	app.use((request, _response, next) => {
		if (mayWrite(request)) openWrites.open(request as Writing);
		next();
	});
	// In the prototype of all responses: an `end` of its own makes each of them dearer than all that is done here.
	const { response: responses } = app as unknown as { response: { end: End } };
	const { end } = responses;
	const held = new Set<Response>();
	responses.end = function (...parts) {
		// Whoever ends it once more meanwhile must not end it early.
		if (held.has(this)) return this;
		const tags = openWrites.close(this.req as Writing);
		const settled = tags !== null && settledAfter(tags, invalidations);
		if (!settled) return end.apply(this, parts);
		held.add(this);
		void within(settled, maxWaitMs).then(() => {
			held.delete(this);
			end.apply(this, parts);
		});
		return this;
	};
}

const settledAfter = (tags: readonly Tag[], invalidations: Settling): Promise<unknown> | null =>
	tags.length === 0 ? invalidations.settled() : invalidations.repeat(tags);

function mayWrite({ method, path }: Request): boolean {
	if (READING.has(method)) return path.startsWith(FLOWS);
	return path !== `/${BASE_PATH}` && !path.startsWith(`/${BASE_PATH}/`);
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
