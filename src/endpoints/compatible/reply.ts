import type { ServerResponse } from 'node:http';
import type { CacheStatus, JsonObject } from '../../contract.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/codec.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Headers } from '../../providers/headers.ts';
import { dialects } from '../../providers/registry.ts';
import { REQUEST_ID_HEADERS } from '../../providers/request-id.ts';
import { ageOf, ttlLeft } from '../../runtime/answer.ts';
import type { FollowedStream } from '../../runtime/asker.ts';
import { setCacheHeaders } from '../../runtime/cache-headers.ts';
import type { Joined } from '../../runtime/embeddings.ts';
import { EVENT_STREAM, write, writeEvents } from '../event-stream.ts';

/** An entry as it is answered. */
export interface Given {
	entry: Entry;
	status: CacheStatus;
	/** Why it is not in the cache, null where it is. */
	notStored: string | null;
	/** The provider's headers where its answer to this very request is at hand, else null. */
	headers: Headers | null;
}

const JSON_TYPE = 'application/json';

/** Writes the answers of the provider-compatible routes. */
export class CompatibleReply {
	readonly #clock: Clock;
	readonly #eventsPerSecond: number;

	/** `eventsPerSecond`: pace of replayed streams, 0 for at once. */
	constructor(clock: Clock, eventsPerSecond: number) {
		this.#clock = clock;
		this.#eventsPerSecond = eventsPerSecond;
	}

	/** The provider's own bytes. */
	async sendWhole(response: ServerResponse, given: Given): Promise<void> {
		const bytes = await unpackSection(given.entry.body);
		this.#begin(response, given, JSON_TYPE);
		response.setHeader('Content-Length', bytes.length);
		response.end(bytes);
	}

	/** An answer that was put together from several entries. */
	sendJoined(response: ServerResponse, { bytes, facts, headers }: Joined): void {
		for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
		response.setHeader('Content-Type', JSON_TYPE);
		response.setHeader('Content-Length', bytes.length);
		setCacheHeaders(response, facts);
		response.end(bytes);
	}

	/** The answer as the stream that `request` asks for. */
	async sendReplayed(response: ServerResponse, given: Given, request: JsonObject): Promise<void> {
		const { provider, operation } = given.entry.meta;
		const body = JSON.parse((await unpackSection(given.entry.body)).toString()) as JsonObject;
		const events = dialects[provider].replay(operation, request, body);
		this.#begin(response, given, EVENT_STREAM);
		await writeEvents(response, events, this.#eventsPerSecond, this.#clock);
		response.end();
	}

	/** The provider's bytes as they arrive; a stream that breaks off breaks the connection. */
	async sendStream(response: ServerResponse, stream: FollowedStream, key: string, status: CacheStatus): Promise<void> {
		response.statusCode = stream.status;
		for (const [name, value] of Object.entries(stream.headers)) response.setHeader(name, value);
		setCacheHeaders(response, { status, key, age: 0, ttl: 0, stored: false });
		response.flushHeaders();
		for await (const chunk of stream.bytes) {
			if (response.destroyed) return;
			await write(response, chunk);
		}
		response.end();
	}

	#begin(response: ServerResponse, { entry, status, notStored, headers }: Given, type: string): void {
		const { key, provider, requestId } = entry.meta;
		response.statusCode = 200;
		if (headers) for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
		else if (requestId !== null) response.setHeader(REQUEST_ID_HEADERS[provider], requestId);
		if (!headers || type !== JSON_TYPE) response.setHeader('Content-Type', type);
		const age = ageOf(entry, this.#clock);
		const ttl = ttlLeft(entry, this.#clock);
		setCacheHeaders(response, { status, key, age, ttl, stored: notStored === null });
	}
}
