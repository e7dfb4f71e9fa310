import type { Router, Response } from 'express';
import type { GenerationAnswer } from '../../contract.ts';
import { batchElements, single } from '../../runtime/api-errors.ts';
import type { NativeResult } from '../../runtime/native.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { ProviderRateLimitedError } from '../../runtime/errors.ts';
import { setCacheHeaders } from '../cache-headers.ts';
import { demandCaller, demandWriter, leaving, route } from '../http.ts';

/** `POST /generate`, `/lookup` and `/store`. */
export function generationRoutes(router: Router, runtime: Runtime): void {
	const { native, putter, settings } = runtime;
	const { values } = settings;

	router.post(
		'/generate',
		route(async (request, response) => {
			const caller = demandCaller(request, values);
			const signal = leaving(response);
			const body: unknown = request.body;
			if (Array.isArray(body)) return native.generateBatch(body, caller, signal);
			try {
				const result = await native.generate(body, caller, signal);
				describe(response, result);
				return result;
			} catch (error) {
				passRetryAfter(response, error);
				throw error;
			}
		}),
	);

	router.post(
		'/lookup',
		route(async (request, response) => {
			const caller = demandCaller(request, values);
			const body: unknown = request.body;
			if (Array.isArray(body)) return batchElements(await native.lookup(body, caller));
			const result = single(await native.lookup([body], caller));
			if (result) describe(response, result);
			return result;
		}),
	);

	router.post(
		'/store',
		route(async (request) => {
			const caller = demandWriter(request, values);
			const body: unknown = request.body;
			if (Array.isArray(body)) return batchElements(await putter.store(body, caller));
			return single(await putter.store([body], caller));
		}),
	);
}

function describe(response: Response, result: NativeResult): void {
	if (Array.isArray(result)) return;
	const { cache }: GenerationAnswer = result;
	setCacheHeaders(response, { ...cache, stored: cache.not_stored === undefined });
}

function passRetryAfter(response: Response, error: unknown): void {
	if (!(error instanceof ProviderRateLimitedError)) return;
	const { retry_after: retryAfter } = error.extensions;
	if (retryAfter !== null) response.setHeader('Retry-After', retryAfter);
}
