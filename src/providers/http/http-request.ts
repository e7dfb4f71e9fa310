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
	/** Limits in milliseconds. `total` is the remaining time of the whole call. */
	limits: { firstByte: number; idle: number; total: number };
	/** Response headers that contain one of these values are dropped. */
	secrets: readonly string[];
}

/** An answer with an unread body. */
export interface UpstreamStream {
	status: number;
	headers: ReceivedHeaders;
	/**
	 * The decoded body, as it arrives. It can be read once, and nothing is fetched ahead of the reader. Throws an
	 * `UpstreamError`. Leaving the loop early closes the connection.
	 */
	bytes: AsyncIterable<Uint8Array>;
	/** Closes the connection without reading the body. */
	cancel(): void;
}

type Body = Dispatcher.ResponseData['body'];

/** Sends one request and waits for the response head. Never follows a redirect and never retries. */
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
		// undici ignores the signal until it is connected.
		const response = await Promise.race([sent, whole.ended]);
		response.body.once('close', whole.release);
		return await openBody(response, asked.secrets);
	} catch (error) {
		whole.release();
		throw toUpstreamError(error, false);
	}
}

/** Rejects when the whole call's time is over or the caller aborts, until it is released. */
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

/** Converts credentials in the base URL to a header, as other clients do. */
function basicAuthentication({ username, password }: URL): Record<string, string> {
	if (username === '' && password === '') return {};
	const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

async function openBody(
	{ statusCode, headers, body }: Dispatcher.ResponseData,
	secrets: readonly string[],
): Promise<UpstreamStream> {
	// Without a listener, a connection that breaks before anybody reads would be an unhandled error.
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

/** Merges repeated headers and drops headers that contain a secret. */
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
		// undici frees the connection in the next event loop turn. Waiting lets the next call reuse it.
		await nextTurn();
	} catch (error) {
		throw toUpstreamError(error, true);
	} finally {
		body.destroy();
	}
}
