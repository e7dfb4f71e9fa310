import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedHeaders } from './headers.ts';
import { backoffMs, isRetryable, retryAfterMs } from './retry.ts';
import { type Agents, createAgents, listProxySecrets, type Proxies } from './proxy-agents.ts';
import { UpstreamAborted, UpstreamBroken, UpstreamTimeout, UpstreamTooLarge, UpstreamUnreachable } from './errors.ts';
import { type Exchange, exchange, type UpstreamStream } from './http-request.ts';

export interface UpstreamRequest {
	url: string;
	/** POST where there is a body, else GET. */
	method?: 'GET' | 'POST';
	headers: Readonly<Record<string, string>>;
	body?: Uint8Array;
	/** Ends the call, wherever it is, with `UpstreamAborted`. */
	signal?: AbortSignal;
	/** For the whole call in milliseconds, retries, waits and the body's last byte included. */
	timeoutMs: number;
	/** Until the answer's head. A model that thinks takes its time: by default the whole call's limit. */
	firstByteTimeoutMs?: number;
	/** Between two reads of the body. Default 5 min: in the midst of a stream models may think for minutes. */
	idleTimeoutMs?: number;
	/** How often to try again. Default 0. */
	retries?: number;
	/** The longest wait that a provider may ask for before a retry; one that asks for more gets none. Default 10 s. */
	maxRetryWaitMs?: number;
}

export interface UpstreamAnswer {
	status: number;
	headers: ReceivedHeaders;
	body: Buffer;
}

/** What decides on a retry. `cancel` ends the connection of an answer that is not used. */
export interface ReceivedHead {
	status: number;
	headers: ReceivedHeaders;
	cancel?(): void;
}

export interface UpstreamOptions {
	/** Default none. */
	proxies: Proxies;
	/** To the provider or to its proxy each. Default 10 s. */
	connectTimeoutMs: number;
	clock: { now(): number };
	/** Uniform in 0 … 1. */
	random: () => number;
	delay: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface Upstream {
	/**
	 * The complete answer, whatever its status. Throws an `UpstreamError`. `maxBytes` (default 64 MiB) bounds the body:
	 * beyond it the connection is closed and `UpstreamTooLarge` thrown.
	 */
	call(request: UpstreamRequest & { maxBytes?: number }): Promise<UpstreamAnswer>;
	/** The answer's head as soon as it is there, its body to be read as it arrives. Retries end once there is a head. */
	open(request: UpstreamRequest): Promise<UpstreamStream>;
	/**
	 * Returns what `begin` makes of an answer whose head is there. Retries go on until then: while `begin` rejects with
	 * a broken connection, or resolves with a status that is worth another try.
	 */
	receive<Answer extends ReceivedHead>(
		request: UpstreamRequest,
		begin: (stream: UpstreamStream) => Promise<Answer>,
	): Promise<Answer>;
	/** Closes the connections kept; those in use end with their requests. */
	close(): void;
}

const DEFAULT_MAX_BYTES = 64 * 1_024 * 1_024;

/** How soon a request over a stale connection fails: after a round trip. */
const STALE_MS = 2_000;

const SYSTEM: UpstreamOptions = {
	proxies: { http: '', https: '', noProxy: '' },
	connectTimeoutMs: 10_000,
	clock: { now: () => Date.now() },
	random: Math.random,
	delay: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
};

/** The HTTP client for providers: connections kept open, every phase bounded, retries until the first byte is passed on. */
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
			// A kept connection that the provider closed just as it was used again: nothing was wrong with the request.
			// If it breaks later, the provider may have worked on the request: to repeat it counts as a try, and costs.
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

/** Shorter ones are no secrets, and would be found in any text. */
const SHORTEST_SECRET = 4;

/** The credentials in a request's headers. */
const listSecrets = (headers: UpstreamRequest['headers']): string[] =>
	Object.entries(headers).flatMap(([name, value]) =>
		/^(?:authorization|.*-key)$/.test(name) ? [value.replace(/^(?:Bearer|Basic) /, '')] : [],
	);

/** The body to its end. Throws an `UpstreamError`, `UpstreamTooLarge` beyond the limit. */
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

/** Tries until an answer may be passed on, no retry is left, or none would end within the whole call's limit. */
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

/** `x-should-retry` is how OpenAI and Anthropic say what they know better. */
function isWorthRetrying(outcome: Outcome<ReceivedHead>): boolean {
	if ('error' in outcome) {
		const { error } = outcome;
		if (error instanceof UpstreamTimeout) return error.phase === 'connect';
		return error instanceof UpstreamBroken || (error instanceof UpstreamUnreachable && error.isTransient);
	}
	const told = outcome.answer.headers['x-should-retry'];
	return told === 'true' || (told !== 'false' && isRetryable(outcome.answer.status));
}
