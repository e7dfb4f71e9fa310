import type { IncomingMessage } from 'node:http';

/** A request as it reached an emulated provider. */
export interface RecordedRequest {
	method: string;
	/** With its query string. */
	path: string;
	/** Names in lower case; repeated headers joined. */
	headers: Record<string, string>;
	/** The body's own bytes. */
	rawBody: Buffer;
	/** `performance.now()` when the body was complete. */
	at: number;
	/** True once the caller has gone away before the answer was complete. */
	aborted: boolean;
}

export async function recordRequest(request: IncomingMessage): Promise<RecordedRequest> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const headers: Record<string, string> = {};
	for (const [name, value] of Object.entries(request.headers)) {
		if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
	}
	return {
		method: request.method ?? 'GET',
		path: request.url ?? '/',
		headers,
		rawBody: Buffer.concat(chunks),
		at: performance.now(),
		aborted: false,
	};
}

/** The recorded body as JSON; throws where it is none. */
export function jsonBody(request: RecordedRequest): Record<string, unknown> {
	return JSON.parse(request.rawBody.toString('utf8')) as Record<string, unknown>;
}
