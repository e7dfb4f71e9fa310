import type { Router, Response } from 'express';
import type { CacheMode } from '../shared/api-types.ts';
import { batchElements, single } from '../services/errors/batch-result.ts';
import type { Caller } from '../services/access/caller.ts';
import { type Resolved, toLookup } from '../services/generation/generation-service.ts';
import type { Runtime } from '../host/container.ts';
import { setNotCachedHeaders } from '../host/http/cache-headers.ts';
import { NothingCachedError, ProviderRateLimitedError } from '../services/errors/errors.ts';
import { sendNativeStream } from './native/native-stream.ts';
import {
	readBody,
	requireCaller,
	requireImportAccess,
	type DirectusRequest,
	abortOnDisconnect,
	route,
} from './http.ts';

const REPEATABLE_MODES: ReadonlySet<CacheMode> = new Set<CacheMode>(['default', 'only-if-cached']);

/** `POST /generate`, `/lookup` and `/store`. */
export function registerGenerationRoutes(router: Router, runtime: Runtime): void {
	const { native, nativeReply, nativeStreams, putter, settings, lane, clock } = runtime;
	const { values } = settings;

	/** Sends the answer. If a repetition needs no item to be read again, the fast path answers it from now on. */
	async function send(request: DirectusRequest, response: Response, caller: Caller, resolved: Resolved): Promise<null> {
		const { exchange, entry, status, notStored, rendered } = resolved;
		const isRepeatable = exchange.directives.mode === undefined || REPEATABLE_MODES.has(exchange.directives.mode);
		if (!rendered && isRepeatable && exchange.uncacheable === null && notStored === null) {
			lane.remember(request, response, caller, [toLookup(exchange)], ([hit], _, to) =>
				nativeReply.send(to, hit!, 'HIT', null),
			);
		}
		await nativeReply.send(response, entry, status, notStored);
		return null;
	}

	router.post(
		'/generate',
		route(async (request, response) => {
			const caller = requireCaller(request, values);
			const signal = abortOnDisconnect(response);
			const body = readBody(request);
			if (Array.isArray(body)) return native.generateBatch(body, caller, signal);
			try {
				if (isStreaming(body)) {
					const exchange = await nativeStreams.prepare(body, caller);
					const { key, dialect } = exchange;
					await sendNativeStream(response, {
						key,
						open: (onHead) => nativeStreams.open(exchange, signal, onHead),
						comments: dialect.streamComments ?? true,
						eventsPerSecond: values.AI_CACHE_REPLAY_RATE,
						clock,
					});
					return null;
				}
				const resolved = await native.resolve(body, caller, signal);
				if (Array.isArray(resolved)) return resolved;
				return await send(request, response, caller, resolved);
			} catch (error) {
				if (error instanceof NothingCachedError) setNotCachedHeaders(response);
				passRetryAfter(response, error);
				throw error;
			}
		}),
	);

	router.post(
		'/lookup',
		route(async (request, response) => {
			const caller = requireCaller(request, values);
			const body = readBody(request);
			if (!Array.isArray(body)) {
				const resolved = single(await native.lookup([body], caller));
				return resolved && send(request, response, caller, resolved);
			}
			const settled = await native.lookup(body, caller);
			return Promise.all(
				batchElements(settled).map(async (element) =>
					'data' in element && element.data ? { data: await native.answer(element.data) } : element,
				),
			);
		}),
	);

	router.post(
		'/store',
		route(async (request) => {
			const caller = requireImportAccess(request, values);
			const body = readBody(request);
			if (Array.isArray(body)) return batchElements(await putter.store(body, caller));
			return single(await putter.store([body], caller));
		}),
	);
}

const isStreaming = (body: unknown): boolean =>
	typeof body === 'object' && body !== null && 'stream' in body && body.stream === true;

function passRetryAfter(response: Response, error: unknown): void {
	if (!(error instanceof ProviderRateLimitedError)) return;
	const { retry_after: retryAfter } = error.extensions;
	if (retryAfter !== null) response.setHeader('Retry-After', retryAfter);
}
