import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedHeaders } from './headers.ts';
import { backoffMs, isRetryable, retryAfterMs } from './retry.ts';
import { type Agents, createAgents, listProxySecrets, type Proxies } from './proxy-agents.ts';
import { UpstreamAborted, UpstreamBroken, UpstreamTimeout, UpstreamTooLarge, UpstreamUnreachable } from './errors.ts';
import { type Exchange, exchange, type UpstreamStream } from './http-request.ts';

export interface UpstreamRequest {
	url: string;
	/** Default: POST if there is a body, otherwise GET. */
	method?: 'GET' | 'POST';
	headers: Readonly<Record<string, string>>;
	body?: Uint8Array;
	/** Aborts the call at any stage, with `UpstreamAborted`. */
	signal?: AbortSignal;
	/** Limit of the whole call in milliseconds, including retries, waits and the body's last byte. */
	timeoutMs: number;
	/**
	 * Limit until the response head, in milliseconds. Default: the whole call's limit, since reasoning models start
	 * late.
	 */
	firstByteTimeoutMs?: number;
	/**
	 * Limit between two reads of the body, in milliseconds. Default 5 min: models may think for minutes in mid-stream.
	 */
	idleTimeoutMs?: number;
	/** Number of further attempts. Default 0. */
	retries?: number;
	/**
	 * Longest wait in milliseconds that a provider may ask for. If it asks for more, there is no retry. Default 10 s.
	 */
	maxRetryWaitMs?: number;
}

export interface UpstreamAnswer {
	status: number;
	headers: ReceivedHeaders;
	body: Buffer;
}

/** The part of a response that decides on a retry. `cancel` closes the connection of an unused answer. */
export interface ReceivedHead {
	status: number;
	headers: ReceivedHeaders;
	cancel?(): void;
}

export interface UpstreamOptions {
	/** Default: no proxies. */
	proxies: Proxies;
	/** Limit for each connection, to the provider or to its proxy, in milliseconds. Default 10 s. */
	connectTimeoutMs: number;
	clock: { now(): number };
	/** Returns a uniform random number in 0 … 1. */
	random: () => number;
	delay: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface Upstream {
	/**
	 * Returns the complete answer, whatever its status. Throws an `UpstreamError`.
	 * `maxBytes` (default 64 MiB) limits the body. A larger body closes the connection and throws `UpstreamTooLarge`.
	 */
	call(request: UpstreamRequest & { maxBytes?: number }): Promise<UpstreamAnswer>;
	/**
	 * Returns the response head as soon as it arrives, with the body still to be read. There are no retries after the
	 * head.
	 */
	open(request: UpstreamRequest): Promise<UpstreamStream>;
	/**
	 * Returns the result of `begin`, which receives an answer whose head has arrived. Retries continue as long as
	 * `begin` rejects with a broken connection or resolves with a retryable status.
	 */
	receive<Answer extends ReceivedHead>(
		request: UpstreamRequest,
		begin: (stream: UpstreamStream) => Promise<Answer>,
	): Promise<Answer>;
	/** Closes idle connections. Connections in use close when their requests end. */
	close(): void;
}

const DEFAULT_MAX_BYTES = 64 * 1_024 * 1_024;

/** A request over a stale connection fails within one round trip. A later failure has another cause. */
const STALE_MS = 2_000;

const SYSTEM: UpstreamOptions = {
	proxies: { http: '', https: '', noProxy: '' },
	connectTimeoutMs: 10_000,
	clock: { now: () => Date.now() },
	random: Math.random,
	delay: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
};

/**
 * Creates the HTTP client for providers: persistent connections, a limit for each phase, retries before the first byte.
 */
export function createUpstream(options: Partial<UpstreamOptions> = {}): Upstream {
	const environment = { ...SYSTEM, ...options };
	const proxySecrets = listProxySecrets(environment.proxies);
	let agents: Agents | null = null;
	const send = async (request: UpstreamRequest, leftMs: number): Promise<UpstreamStream> => {
		agents ??= createAgents(environment.proxies, environment.connectTimeoutMs);
		const current = agents;
		const asked = createExchange(request, leftMs, proxySecrets);
		const before = current.connections();
		const { clock } = environment;
		const started = clock.now();
		try {
			return await exchange(current, asked);
		} catch (error) {
			// The provider may close an idle connection just as it is reused. The request is sound then, so the repeat
			// is free. After a later failure the provider may have done the work already, so a repeat counts as a
			// retry.
			const isStale =
				error instanceof UpstreamUnreachable &&
				error.isTransient &&
				current.connections() === before &&
				clock.now() - started < STALE_MS;
			if (!isStale) throw error;
			return exchange(current, asked);
		}
	};
	return {
		call: ({ maxBytes = DEFAULT_MAX_BYTES, ...request }) =>
			attempt(request, environment, async (leftMs) => readWhole(await send(request, leftMs), maxBytes)),
		open: (request) => attempt(request, environment, (leftMs) => send(request, leftMs)),
		receive: (request, begin) => attempt(request, environment, async (leftMs) => begin(await send(request, leftMs))),
		close() {
			for (const agent of [agents?.http, agents?.https]) agent?.close().catch(() => undefined);
			agents = null;
		},
	};
}

function createExchange(request: UpstreamRequest, leftMs: number, proxySecrets: readonly string[]): Exchange {
	return {
		url: new URL(request.url),
		method: request.method ?? (request.body ? 'POST' : 'GET'),
		headers: request.headers,
		body: request.body ?? null,
		signal: request.signal ?? null,
		limits: {
			firstByte: request.firstByteTimeoutMs ?? request.timeoutMs,
			idle: request.idleTimeoutMs ?? 300_000,
			total: leftMs,
		},
		secrets: [...listSecrets(request.headers), ...proxySecrets].filter(({ length }) => length >= SHORTEST_SECRET),
	};
}

/** Shorter values are not secrets, and would match any text. */
const SHORTEST_SECRET = 4;

/** Returns the credentials in a request's headers. */
const listSecrets = (headers: UpstreamRequest['headers']): string[] =>
	Object.entries(headers).flatMap(([name, value]) =>
		/^(?:authorization|.*-key)$/.test(name) ? [value.replace(/^(?:Bearer|Basic) /, '')] : [],
	);

/** Reads the body to its end. Throws an `UpstreamError`, or `UpstreamTooLarge` beyond the limit. */
export async function readWhole(stream: UpstreamStream, maxBytes = DEFAULT_MAX_BYTES): Promise<UpstreamAnswer> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of stream.bytes) {
		size += chunk.byteLength;
		if (size > maxBytes) throw new UpstreamTooLarge(maxBytes);
		chunks.push(chunk);
	}
	return { status: stream.status, headers: stream.headers, body: Buffer.concat(chunks) };
}

/** Retries until an answer is usable, no attempt is left, or the next one would exceed the whole call's limit. */
async function attempt<Answer extends ReceivedHead>(
	request: UpstreamRequest,
	{ clock, random, delay }: UpstreamOptions,
	send: (leftMs: number) => Promise<Answer>,
): Promise<Answer> {
	const deadline = clock.now() + request.timeoutMs;
	const left = () => deadline - clock.now();
	for (let tried = 0; ; tried++) {
		const outcome = await settle(() => send(Math.max(1, left())));
		const mayRetry = tried < (request.retries ?? 0) && isWorthRetrying(outcome);
		const asked = 'answer' in outcome ? retryAfterMs(outcome.answer.headers, clock.now()) : null;
		const wait = asked ?? backoffMs(tried, random);
		if (!mayRetry || wait >= left() || wait > (request.maxRetryWaitMs ?? 10_000)) return unwrap(outcome);
		if ('answer' in outcome) outcome.answer.cancel?.();
		await delay(wait, request.signal).catch(() => undefined);
		if (request.signal?.aborted) throw new UpstreamAborted();
		if (left() <= 0) throw new UpstreamTimeout('total');
	}
}

type Outcome<Answer> = { answer: Answer } | { error: unknown };

async function settle<Answer>(work: () => Promise<Answer>): Promise<Outcome<Answer>> {
	try {
		return { answer: await work() };
	} catch (error) {
		return { error };
	}
}

function unwrap<Answer>(outcome: Outcome<Answer>): Answer {
	if ('error' in outcome) throw outcome.error;
	return outcome.answer;
}

/** `x-should-retry` is an explicit hint from OpenAI and Anthropic that overrides the status. */
function isWorthRetrying(outcome: Outcome<ReceivedHead>): boolean {
	if ('error' in outcome) {
		const { error } = outcome;
		if (error instanceof UpstreamTimeout) return error.phase === 'connect';
		return error instanceof UpstreamBroken || (error instanceof UpstreamUnreachable && error.isTransient);
	}
	const told = outcome.answer.headers['x-should-retry'];
	return told === 'true' || (told !== 'false' && isRetryable(outcome.answer.status));
}
