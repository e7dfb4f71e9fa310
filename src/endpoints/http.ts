import type { Accountability, SchemaOverview } from '@directus/types';
import type { NextFunction, Request, Response } from 'express';
import { StoreUnavailableError } from '../cache/errors.ts';
import { type Caller, callerOf, isAuthenticated, isNamed, mayAsk } from '../services/access/caller.ts';
import { AccessDeniedError, InvalidRequestError, StoreAwayError } from '../services/errors/errors.ts';
import type { SettingValues } from '../services/config/settings-schema.ts';

/** A request as Directus passes it to an endpoint. `rawBody` exists from Directus 11.16 on. */
export type DirectusRequest = Request & {
	accountability?: Accountability | null;
	schema?: SchemaOverview;
	rawBody?: Buffer;
};

export type Handler = (request: DirectusRequest, response: Response) => Promise<unknown>;

/** Sends a handler's result as `data`. Passes its error to Directus' error handler. */
export function route(handler: Handler) {
	return (request: Request, response: Response, next: NextFunction): void => {
		handler(request, response).then(
			(data) => {
				if (!response.headersSent) response.json({ data });
			},
			(error: unknown) => {
				// A disconnected caller receives nothing, and a disconnect is not an error to log.
				if (!response.destroyed) next(error instanceof StoreUnavailableError ? new StoreAwayError() : error);
			},
		);
	};
}

/** Requires an authenticated user whom `AI_CACHE_ACCESS` admits. Throws a 403 for anyone else. */
export function requireCaller({ accountability, schema }: DirectusRequest, values: SettingValues): Caller {
	if (!accountability) throw new AccessDeniedError({ reason: 'Authentication required' });
	const caller = { ...callerOf(accountability), ...(schema && { schema }) };
	if (!isAuthenticated(caller)) throw new AccessDeniedError({ reason: 'Authentication required' });
	if (!mayAsk(caller, values.AI_CACHE_ACCESS)) {
		throw new AccessDeniedError({ reason: 'You may not use the AI cache' });
	}
	return caller;
}

/** Requires an admin or a user listed in `AI_CACHE_WRITERS`, because stored answers are served to others. */
export function requireImportAccess(request: DirectusRequest, values: SettingValues): Caller {
	const caller = requireCaller(request, values);
	if (!caller.admin && !isNamed(caller, values.AI_CACHE_WRITERS)) {
		throw new AccessDeniedError({ reason: 'You may not store answers in the AI cache' });
	}
	return caller;
}

export function requireAdmin(request: DirectusRequest, values: SettingValues): Caller {
	const caller = requireCaller(request, values);
	if (!caller.admin) throw new AccessDeniedError({ reason: 'Admin access required' });
	return caller;
}

/**
 * Reads the request's body. Throws an `InvalidRequestError` if the content type is not JSON. Directus parses no body
 * then, so an error about a missing field would mislead.
 */
export function readBody(request: DirectusRequest): unknown {
	if (request.is('application/json')) return request.body;
	throw new InvalidRequestError({ field: 'body', reason: 'The body must be JSON, sent as application/json' });
}

/** Returns a signal that aborts if the caller disconnects before the response is sent. */
export function abortOnDisconnect(response: Response): AbortSignal {
	const controller = new AbortController();
	response.once('close', () => {
		if (!response.writableFinished) controller.abort();
	});
	return controller.signal;
}

export type Query = Record<string, string | undefined>;

/** Reads the query parameters as text. Throws an `InvalidRequestError` if one is given twice. */
export function readQuery(request: Request): Query {
	return Object.fromEntries(
		Object.entries(request.query).map(([name, value]) => {
			if (typeof value === 'string') return [name, value];
			throw new InvalidRequestError({ field: name, reason: `"${name}" must be given once, as text` });
		}),
	);
}
