import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { decodeBody, findUnknownCoding, parseCodings } from './decode-body.ts';
import type { ReceivedHeaders } from './headers.ts';
import type { Agents } from './proxy-agents.ts';
import { toUpstreamError, UpstreamAborted, UpstreamTimeout, UpstreamUndecodable } from './errors.ts';

export interface Exchange {
	url: URL;
	method: 'GET' | 'POST';
	headers: Readonly<Record<string, string>>;
	body: Uint8Array | null;
	signal: AbortSignal | null;
	/** Milliseconds; `total` is what is left of the whole call. */
	limits: { firstByte: number; idle: number; total: number };
	/** Response headers that contain one of these are dropped. */
	secrets: readonly string[];
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

type Body = Dispatcher.ResponseData['body'];

/** Sends one request and waits for the answer's head. Never follows a redirect, never retries. */
export async function exchange(agents: Agents, asked: Exchange): Promise<UpstreamStream> {
	const { url, method, body, limits } = asked;
	const whole = limitWhole(asked.signal, limits.total);
	try {
		const agent = url.protocol === 'https:' ? agents.https : agents.http;
		const sent = agent.request({
			origin: url.origin,
			path: url.pathname + url.search,
			method,
			headers: { ...basicAuthentication(url), ...asked.headers },
			body,
			signal: whole.signal,
			headersTimeout: limits.firstByte,
			bodyTimeout: limits.idle,
		});
		// undici heeds the signal only once it is connected.
		const response = await Promise.race([sent, whole.ended]);
		response.body.once('close', whole.release);
		return await openBody(response, asked.secrets);
	} catch (error) {
		whole.release();
		throw toUpstreamError(error, false);
	}
}

/** Ends with an error when the whole call's time is over or the caller leaves; until released. */
function limitWhole(caller: AbortSignal | null, milliseconds: number) {
	const controller = new AbortController();
	const { signal } = controller;
	const ended = new Promise<never>((_resolve, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
	});
	const timer = setTimeout(() => controller.abort(new UpstreamTimeout('total')), milliseconds);
	const leave = () => controller.abort(new UpstreamAborted());
	if (caller?.aborted) leave();
	else caller?.addEventListener('abort', leave, { once: true });
	const release = () => {
		clearTimeout(timer);
		caller?.removeEventListener('abort', leave);
	};
	return { signal, ended, release };
}

/** What a base URL names beside the host, as other clients send it. */
function basicAuthentication({ username, password }: URL): Record<string, string> {
	if (username === '' && password === '') return {};
	const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

async function openBody(
	{ statusCode, headers, body }: Dispatcher.ResponseData,
	secrets: readonly string[],
): Promise<UpstreamStream> {
	// Until somebody reads, a broken connection is nobody's unhandled error.
	body.on('error', () => undefined);
	const codings = parseCodings(headers['content-encoding']);
	const unknown = findUnknownCoding(codings);
	if (unknown !== null && !(await isEmpty(body))) throw new UpstreamUndecodable(unknown, true);
	return {
		status: statusCode,
		headers: joinHeaders(headers, secrets),
		bytes: read(body, unknown === null ? codings : []),
		cancel: () => void body.destroy(),
	};
}

async function isEmpty(body: Body): Promise<boolean> {
	for await (const chunk of body as AsyncIterable<Uint8Array>) if (chunk.length > 0) return false;
	return true;
}

/** Repeated headers as one, and none that repeats a secret. */
function joinHeaders(headers: Dispatcher.ResponseData['headers'], secrets: readonly string[]): ReceivedHeaders {
	const joined: Record<string, string> = {};
	for (const [name, value] of Object.entries(headers)) {
		const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
		if (!secrets.some((secret) => text.includes(secret))) joined[name] = text;
	}
	return joined;
}

async function* read(body: Body, codings: readonly string[]): AsyncGenerator<Uint8Array> {
	try {
		if (!body.readableEnded) yield* decodeBody(body, codings);
		// undici frees the connection in the next turn of the event loop: for a call that follows at once.
		await nextTurn();
	} catch (error) {
		throw toUpstreamError(error, true);
	} finally {
		body.destroy();
	}
}
