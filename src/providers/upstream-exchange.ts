import http from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import type { ReceivedHeaders } from './headers.ts';
import {
	UpstreamAborted,
	UpstreamBroken,
	UpstreamError,
	UpstreamTimeout,
	UpstreamUnreachable,
	type TimeoutPhase,
} from './upstream-errors.ts';

export interface Exchange {
	url: URL;
	method: 'GET' | 'POST';
	headers: Readonly<Record<string, string>>;
	body: Uint8Array | null;
	signal: AbortSignal | null;
	/** Milliseconds that each phase may take; `total` is what is left of the whole call. */
	limits: Readonly<Record<TimeoutPhase, number>>;
}

/** An answer whose body has not been read yet. */
export interface UpstreamStream {
	status: number;
	headers: ReceivedHeaders;
	/**
	 * The body, decoded, as it arrives. To be read once; the connection reads no further than its reader does. Throws
	 * an `UpstreamError`. Leaving the loop early ends the connection.
	 */
	bytes: AsyncIterable<Uint8Array>;
	/** Ends the connection without the body being read. */
	cancel(): void;
}

export interface Agents {
	http: http.Agent;
	https: https.Agent;
}

/** Connections are kept for later requests, the warmest taken first. */
export function createAgents(): Agents {
	const options = { keepAlive: true, scheduling: 'lifo', timeout: 60_000 } as const;
	return { http: new http.Agent(options), https: new https.Agent(options) };
}

/** Closes the connections kept. Those in use end with their requests: `destroy` would end these too. */
export function retire(agent: http.Agent): void {
	agent.maxFreeSockets = 0;
	for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

/** A kept connection that the provider closed just as it was used again: nothing was wrong with the request. */
export class StaleConnection extends UpstreamUnreachable {}

/** Sends one request and waits for the answer's head. Never follows a redirect, never retries. */
export function exchange(agents: Agents, asked: Exchange): Promise<UpstreamStream> {
	return new Promise((resolve, reject) => {
		if (asked.signal?.aborted) {
			reject(new UpstreamAborted());
			return;
		}
		const request = send(agents, asked);
		const limits = limitPhases(request, asked);
		request.once('response', (message) => {
			limits.answered(message);
			message.once('close', limits.release);
			resolve(answerOf(message, asked.limits.idle));
		});
		request.on('error', (error: NodeJS.ErrnoException) => {
			limits.release();
			const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
			reject(error instanceof UpstreamError ? error : new (stale ? StaleConnection : UpstreamUnreachable)(error));
		});
		request.end(asked.body ?? undefined);
	});
}

function send(agents: Agents, { url, method, headers, body }: Exchange): http.ClientRequest {
	const options = { method, headers: { ...headers, ...(body ? { 'content-length': body.byteLength } : {}) } };
	const request =
		url.protocol === 'https:'
			? https.request(url, { ...options, agent: agents.https })
			: http.request(url, { ...options, agent: agents.http });
	request.setNoDelay(true);
	return request;
}

/** Ends the request, or the answer once there is one, when a limit runs out or the caller leaves; until released. */
function limitPhases(request: http.ClientRequest, { limits, signal, url }: Exchange) {
	let ending: Pick<Readable, 'destroy'> | http.ClientRequest = request;
	const limit = (phase: TimeoutPhase) =>
		setTimeout(() => void ending.destroy(new UpstreamTimeout(phase)), limits[phase]);
	const timers = { connect: limit('connect'), first: limit('first_byte'), total: limit('total') };
	const abort = () => void ending.destroy(new UpstreamAborted());
	signal?.addEventListener('abort', abort, { once: true });
	request.once('socket', (socket) => {
		const connected = () => clearTimeout(timers.connect);
		if (socket.connecting) socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
		else connected();
	});
	const answered = (message?: http.IncomingMessage) => {
		clearTimeout(timers.connect);
		clearTimeout(timers.first);
		ending = message ?? ending;
	};
	const release = () => {
		answered();
		clearTimeout(timers.total);
		signal?.removeEventListener('abort', abort);
	};
	return { answered, release };
}

function answerOf(message: http.IncomingMessage, idleMs: number): UpstreamStream {
	// Until somebody reads, a broken connection is nobody's unhandled error.
	message.on('error', () => undefined);
	return {
		status: message.statusCode ?? 0,
		headers: message.headers,
		bytes: read(message, idleMs),
		cancel: () => void message.destroy(),
	};
}

/** The idle limit runs only while the provider is waited for: a slow reader is not the provider's fault. */
async function* read(message: http.IncomingMessage, idleMs: number): AsyncGenerator<Uint8Array> {
	const chunks = decoded(message)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
	const waitOut = () => void message.destroy(new UpstreamTimeout('idle'));
	let idle: NodeJS.Timeout | undefined;
	try {
		for (;;) {
			idle = setTimeout(waitOut, idleMs);
			const next = await chunks.next();
			clearTimeout(idle);
			if (next.done) return;
			yield next.value;
		}
	} catch (error) {
		throw error instanceof UpstreamError ? error : new UpstreamBroken(error);
	} finally {
		clearTimeout(idle);
		if (!message.complete) message.destroy();
	}
}

/** Asked for plain bytes, some answer compressed all the same. */
function decoded(message: http.IncomingMessage): Readable {
	const decoder = decoderFor(message.headers['content-encoding']?.toLowerCase().trim());
	return decoder ? pipeline(message, decoder, () => undefined) : message;
}

function decoderFor(encoding: string | undefined) {
	const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
	if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip({ flush: Z_SYNC_FLUSH });
	if (encoding === 'deflate') return zlib.createInflate({ flush: Z_SYNC_FLUSH });
	return encoding === 'br' ? zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH }) : null;
}
