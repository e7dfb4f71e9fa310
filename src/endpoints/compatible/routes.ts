import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response, Router } from 'express';
import { type CacheStatus, type JsonObject, type Operation, type Provider, PROVIDERS } from '../../contract.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { type Headers, significantQuery } from '../../providers/headers.ts';
import { isObject } from '../../providers/json.ts';
import { dialects } from '../../providers/registry.ts';
import { setFailureHeaders, setNotCachedHeaders } from '../../runtime/cache-headers.ts';
import type { Caller } from '../../runtime/caller.ts';
import { InvalidRequestError, NotFoundError } from '../../runtime/errors.ts';
import { UNREADABLE } from '../../runtime/draft.ts';
import type { Exchange } from '../../runtime/exchange.ts';
import type { HostContext } from '../../runtime/host.ts';
import { toLookup } from '../../runtime/native.ts';
import { isUnexpected, providerErrorEvent, sendProviderError } from '../../runtime/provider-errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { UpstreamFailure } from '../../runtime/upstream-failure.ts';
import { parseHeaders } from './request-headers.ts';
import { COMPATIBLE_PATHS } from './paths.ts';
import { CompatibleResponder, type AnsweredEntry, setStreamHead } from './responder.ts';
import { EventStreamResponse } from '../event-stream-response.ts';
import { readBody, requireCaller, type DirectusRequest, abortOnDisconnect } from '../http.ts';

/** The routes that speak each provider's own dialect, errors included: its SDK needs another base URL and no more. */
export function registerCompatibleRoutes(router: Router, runtime: Runtime, host: HostContext): void {
	const { settings, clock } = runtime;
	const { values } = settings;
	const reply = new CompatibleResponder(clock, values.AI_CACHE_REPLAY_RATE, runtime.readyAnswers);
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
					await answer(runtime, reply, exchange, request, response, stream);
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
				const there = COMPATIBLE_PATHS.filter((one) => one.provider === provider).map((one) =>
					stripProvider(provider, one.path),
				);
				throw new NotFoundError({ reason: `There is no ${method} ${path} here; there is ${there.join(', ')}` });
			}),
		);
	}
}

/** The path as an SDK adds it to its base URL, which may lack a part of it. */
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
	const told = parseHeaders(headers);
	return exchanges.create({
		...told,
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
	reply: CompatibleResponder,
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
		if (joined.facts.stored && isLasting(exchange)) {
			lane.remember(request, response, exchange.caller, asked.lookups, (hits, _, to) =>
				reply.sendJoinedAgain(to, joinedHits.answer(asked, hits)),
			);
		}
		reply.sendJoined(response, joined);
		return;
	}
	const onHead = (status: CacheStatus, headers: Headers): void =>
		stream?.begin(() => setStreamHead(response, { status, key, headers }));
	const asked = await asker.ask(exchange, { signal, wantsLive: stream !== null, ...(stream && { onHead }) });
	const { status, headers, outcome } = asked;
	if (stream && asked.stream) {
		await reply.sendStream(response, stream, asked.stream, key, status);
		return;
	}
	const { entry, notStored } = await outcome;
	const given: AnsweredEntry = { entry, status, skipReason: notStored, headers };
	const send = createSender(reply, exchange.body, stream !== null);
	if (notStored === UNREADABLE) {
		if (stream?.begun) await reply.sendUnreadable(stream, given);
		else await reply.sendWhole(request, response, given, exchange.body);
		return;
	}
	// The headers of a response that has begun are not Directus' alone.
	if (notStored === null && isLasting(exchange) && !response.headersSent) {
		lane.remember(request, response, exchange.caller, [toLookup(exchange)], ([hit], from, to) =>
			send(from, to, { entry: hit!, status: 'HIT', skipReason: null, headers: null }, null),
		);
	}
	await send(request, response, given, stream);
}

/** Writes an answer in the form that `body` asks for; made apart, as whoever keeps it must keep no response alive. */
const createSender =
	(reply: CompatibleResponder, body: JsonObject, streams: boolean) =>
	(
		from: IncomingMessage,
		to: ServerResponse,
		given: AnsweredEntry,
		stream: EventStreamResponse | null,
	): Promise<void> =>
		streams ? reply.sendReplayed(to, given, body, stream) : reply.sendWhole(from, to, given, body);

/** Begins by itself if nothing comes for long: `MISS`, unless the request says that nothing is looked up. */
function startStream(response: Response, exchange: Exchange): EventStreamResponse {
	const { key, dialect } = exchange;
	return new EventStreamResponse(response, {
		setEarlyHead: () => setStreamHead(response, { status: getMissStatus(exchange), key, headers: null }),
		comments: dialect.streamComments ?? true,
	});
}

/** The status of a request that finds nothing. */
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

/** Whether the same bytes may be answered with the same entry from now on. */
const isLasting = ({ directives: { mode = 'default' }, uncacheable }: Exchange): boolean =>
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
		`AI cache: a request for ${provider} failed unexpectedly (${error instanceof Error ? error.stack : 'no error'})`,
	);
}
