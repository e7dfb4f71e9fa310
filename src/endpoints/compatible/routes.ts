import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response, Router } from 'express';
import { type CacheStatus, type JsonObject, type Operation, type Provider, PROVIDERS } from '../../shared/api-types.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { type Headers, significantQuery } from '../../providers/http/headers.ts';
import { isObject } from '../../providers/json/json.ts';
import { dialects } from '../../providers/registry.ts';
import { setFailureHeaders, setNotCachedHeaders } from '../../host/http/cache-headers.ts';
import type { Caller } from '../../services/access/caller.ts';
import { InvalidRequestError, NotFoundError } from '../../services/errors/errors.ts';
import { UNREADABLE } from '../../services/generation/cache-draft.ts';
import type { Exchange } from '../../services/generation/provider-request.ts';
import type { HostContext } from '../../services/host.ts';
import { toLookup } from '../../services/generation/generation-service.ts';
import { isUnexpected, providerErrorEvent, sendProviderError } from '../../host/http/provider-error-response.ts';
import type { Runtime } from '../../host/container.ts';
import { UpstreamFailure } from '../../services/errors/provider-failure.ts';
import { parseHeaders } from './request-headers.ts';
import { COMPATIBLE_PATHS } from './paths.ts';
import { CompatibleResponder, type AnsweredEntry, setStreamHead } from './responder.ts';
import { EventStreamResponse } from '../event-stream-response.ts';
import { readBody, requireCaller, type DirectusRequest, abortOnDisconnect } from '../http.ts';

/** The routes with each provider's own request, response and error format. An SDK needs only a different base URL. */
export function registerCompatibleRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	const { settings, clock } = runtime;
	const { values } = settings;
	const responder = new CompatibleResponder(clock, values.AI_CACHE_REPLAY_RATE, runtime.readyAnswers);
	const withProviderErrors =
		(provider: Provider, work: (request: DirectusRequest, response: Response) => Promise<void>) =>
		(request: Request, response: Response): void => {
			work(request, response).catch((error: unknown) => {
				if (isUnexpected(error, provider) && !response.destroyed) logUnexpected(host, provider, error);
				sendProviderError(response, error, provider);
			});
		};

	for (const { provider, path, operation } of COMPATIBLE_PATHS) {
		if (operation === null) {
			router.get(
				path,
				withProviderErrors(provider, async (request, response) => {
					requireCaller(request, values);
					await sendModels(runtime, provider, request, response);
				}),
			);
			continue;
		}
		router.post(
			path,
			withProviderErrors(provider, async (request, response) => {
				const caller = requireCaller(request, values);
				const exchange = createProviderRequest(runtime, provider, operation, request, caller);
				const stream = exchange.body['stream'] === true ? startStream(response, exchange) : null;
				try {
					await answer(runtime, responder, exchange, request, response, stream);
				} catch (error) {
					if (!stream?.begun) {
						setHeadersForFailure(response, exchange, error);
						throw error;
					}
					if (isUnexpected(error, provider) && !response.destroyed) logUnexpected(host, provider, error);
					stream.fail(providerErrorEvent(error, provider, operation));
				} finally {
					stream?.stop();
				}
			}),
		);
	}
	for (const provider of PROVIDERS) {
		router.use(
			`/${provider}`,
			withProviderErrors(provider, async ({ method, path }) => {
				const available = COMPATIBLE_PATHS.filter((one) => one.provider === provider).map((one) =>
					stripProvider(provider, one.path),
				);
				throw new NotFoundError({ reason: `${method} ${path} does not exist. Available: ${available.join(', ')}` });
			}),
		);
	}
}

/** The path that an SDK appends to its base URL. */
const stripProvider = (provider: Provider, path: string): string => path.slice(provider.length + 1);

function createProviderRequest(
	{ exchanges }: Runtime,
	provider: Provider,
	operation: Operation,
	request: DirectusRequest,
	caller: Caller,
): Exchange {
	const { headers, rawBody = null, originalUrl } = request;
	const body = readBody(request);
	if (!isObject(body)) throw new InvalidRequestError({ field: 'body', reason: 'The body must be a JSON object' });
	const directives = parseHeaders(headers);
	return exchanges.create({
		...directives,
		provider,
		operation,
		body,
		rawBody,
		headers,
		query: significantQuery(dialects[provider], new URL(originalUrl, 'http://localhost').searchParams),
		caller,
		confidence: null,
		native: null,
	});
}

async function answer(
	{ asker, embeddings, joinedHits, lane }: Runtime,
	responder: CompatibleResponder,
	exchange: Exchange,
	request: DirectusRequest,
	response: Response,
	stream: EventStreamResponse | null,
): Promise<void> {
	const { key } = exchange;
	const signal = abortOnDisconnect(response);
	if (embeddings.sharesOut(exchange)) {
		stream?.stop();
		const { asked, ...joined } = await embeddings.ask(exchange, signal);
		if (joined.facts.stored && isRepeatable(exchange)) {
			lane.remember(request, response, exchange.caller, asked.lookups, (hits, _, to) =>
				responder.sendJoinedAgain(to, joinedHits.answer(asked, hits)),
			);
		}
		responder.sendJoined(response, joined);
		return;
	}
	const onHead = (status: CacheStatus, headers: Headers): void =>
		stream?.begin(() => setStreamHead(response, { status, key, headers }));
	const asked = await asker.ask(exchange, { signal, wantsLive: stream !== null, ...(stream && { onHead }) });
	const { status, headers, outcome } = asked;
	if (stream && asked.stream) {
		await responder.sendStream(response, stream, asked.stream, key, status);
		return;
	}
	const { entry, notStored } = await outcome;
	const given: AnsweredEntry = { entry, status, skipReason: notStored, headers };
	const send = createSender(responder, exchange.body, stream !== null);
	if (notStored === UNREADABLE) {
		if (stream?.begun) await responder.sendUnreadable(stream, given);
		else await responder.sendWhole(request, response, given, exchange.body);
		return;
	}
	// After the head is sent, the response no longer has only Directus' own headers.
	if (notStored === null && isRepeatable(exchange) && !response.headersSent) {
		lane.remember(request, response, exchange.caller, [toLookup(exchange)], ([hit], from, to) =>
			send(from, to, { entry: hit!, status: 'HIT', skipReason: null, headers: null }, null),
		);
	}
	await send(request, response, given, stream);
}

/** Writes an answer in the form that `body` requests. A separate function, so that its closure retains no response. */
const createSender =
	(responder: CompatibleResponder, body: JsonObject, streams: boolean) =>
	(
		from: IncomingMessage,
		to: ServerResponse,
		given: AnsweredEntry,
		stream: EventStreamResponse | null,
	): Promise<void> =>
		streams ? responder.sendReplayed(to, given, body, stream) : responder.sendWhole(from, to, given, body);

/** The stream sends its head by itself after a silent time, with the status of a miss. */
function startStream(response: Response, exchange: Exchange): EventStreamResponse {
	const { key, dialect } = exchange;
	return new EventStreamResponse(response, {
		setEarlyHead: () => setStreamHead(response, { status: getMissStatus(exchange), key, headers: null }),
		comments: dialect.streamComments ?? true,
	});
}

/** Returns the status of a request that finds no entry. */
function getMissStatus({ uncacheable, directives: { mode } }: Exchange): 'MISS' | 'REFRESH' | 'BYPASS' {
	if (uncacheable !== null || mode === 'no-store') return 'BYPASS';
	return mode === 'no-cache' ? 'REFRESH' : 'MISS';
}

function setHeadersForFailure(response: ServerResponse, exchange: Exchange, error: unknown): void {
	if (error instanceof NotCachedError) {
		setNotCachedHeaders(response);
		return;
	}
	const providerStatus = error instanceof UpstreamFailure ? error.status : null;
	setFailureHeaders(response, { status: getMissStatus(exchange), key: exchange.key, providerStatus });
}

/** Returns whether the fast path may answer the same bytes with the same entry from now on. */
const isRepeatable = ({ directives: { mode = 'default' }, uncacheable }: Exchange): boolean =>
	uncacheable === null && (mode === 'default' || mode === 'only-if-cached');

async function sendModels(
	{ modelLists }: Runtime,
	provider: Provider,
	{ headers, originalUrl }: DirectusRequest,
	response: Response,
): Promise<void> {
	const query = new URL(originalUrl, 'http://localhost').searchParams;
	query.delete('access_token');
	const list = await modelLists.read(provider, headers, query.toString(), abortOnDisconnect(response));
	response.setHeader('Content-Type', 'application/json');
	for (const [name, value] of Object.entries(list.headers)) response.setHeader(name, value);
	response.setHeader('X-AI-Cache', 'BYPASS');
	response.setHeader('Cache-Status', 'ai-cache; fwd=bypass');
	response.setHeader('Content-Length', list.body.length);
	response.end(list.body);
}

function logUnexpected({ logger }: HostContext, provider: Provider, error: unknown): void {
	logger.error(
		`AI cache: a request for ${provider} failed unexpectedly (${error instanceof Error ? error.stack : 'no stack'})`,
	);
}
