import type { Accountability } from '@directus/types';
import type { NextFunction, Request, Response } from 'express';
import { StoreUnavailableError } from '../cache/errors.ts';
import { type Caller, callerOf, isAuthenticated, isNamed, mayAsk } from '../runtime/caller.ts';
import { AccessDeniedError, InvalidRequestError, StoreAwayError } from '../runtime/errors.ts';
import type { SettingValues } from '../runtime/settings-schema.ts';

/** As Directus hands it to an endpoint; without `rawBody` up to 11.15. */
export type DirectusRequest = Request & { accountability?: Accountability | null; rawBody?: Buffer };

export type Handler = (request: DirectusRequest, response: Response) => Promise<unknown>;

/** Hands what a handler rejects with to Directus' error handler; sends what it resolves with as `data`. */
export function route(handler: Handler) {
	return (request: Request, response: Response, next: NextFunction): void => {
		handler(request, response).then(
			(data) => {
				if (!response.headersSent) response.json({ data });
			},
			(error: unknown) => {
				// A caller who left is told nothing, and their leaving is no error for the log.
				if (!response.destroyed) next(error instanceof StoreUnavailableError ? new StoreAwayError() : error);
			},
		);
	};
}

/** Any authenticated user, narrowed by `AI_CACHE_ACCESS`; the public and everybody else gets 403. */
export function requireCaller({ accountability }: DirectusRequest, values: SettingValues): Caller {
	if (!accountability) throw new AccessDeniedError({ reason: 'This needs a token' });
	const caller = callerOf(accountability);
	if (!isAuthenticated(caller)) throw new AccessDeniedError({ reason: 'This needs a token' });
	if (!mayAsk(caller, values.AI_CACHE_ACCESS)) {
		throw new AccessDeniedError({ reason: 'You may not use the AI cache' });
	}
	return caller;
}

/** An admin, or one whom `AI_CACHE_WRITERS` names: what they store is given to others. */
export function requireImportAccess(request: DirectusRequest, values: SettingValues): Caller {
	const caller = requireCaller(request, values);
	if (!caller.admin && !isNamed(caller, values.AI_CACHE_WRITERS)) {
		throw new AccessDeniedError({ reason: 'You may not store answers in the AI cache' });
	}
	return caller;
}

export function requireAdmin(request: DirectusRequest, values: SettingValues): Caller {
	const caller = requireCaller(request, values);
	if (!caller.admin) throw new AccessDeniedError({ reason: 'This is for admins' });
	return caller;
}

/**
 * The body of a request that needs one. Throws an `InvalidRequestError` where Directus read none, as it does without the
 * type: what is missing from it is not the matter then.
 */
export function readBody(request: DirectusRequest): unknown {
	if (request.is('application/json')) return request.body;
	throw new InvalidRequestError({ field: 'body', reason: 'The body must be JSON, sent as application/json' });
}

/** Aborted when the caller leaves before the answer was sent. */
export function abortOnDisconnect(response: Response): AbortSignal {
	const controller = new AbortController();
	response.once('close', () => {
		if (!response.writableFinished) controller.abort();
	});
	return controller.signal;
}

export type Query = Record<string, string | undefined>;

/** Query parameters, as text. Throws an `InvalidRequestError` that names one that was given twice. */
export function readQuery(request: Request): Query {
	return Object.fromEntries(
		Object.entries(request.query).map(([name, value]) => {
			if (typeof value === 'string') return [name, value];
			throw new InvalidRequestError({ field: name, reason: `"${name}" must be given once, as text` });
		}),
	);
}
