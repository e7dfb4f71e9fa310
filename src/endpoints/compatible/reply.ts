import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CacheStatus, JsonObject } from '../../contract.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/codec.ts';
import type { Entry, Section } from '../../cache/entry.ts';
import type { Headers } from '../../providers/headers.ts';
import { parseExactly } from '../../providers/exact-numbers.ts';
import { dialects } from '../../providers/registry.ts';
import { REQUEST_ID_HEADERS } from '../../providers/request-id.ts';
import { ageOf, ttlLeft } from '../../runtime/answer.ts';
import type { FollowedStream } from '../../runtime/asker.ts';
import { setCacheHeaders } from '../../runtime/cache-headers.ts';
import type { Joined } from '../../runtime/embeddings.ts';
import { ReadyAnswers } from '../../runtime/ready-answers.ts';
import { acceptsGzip, addVary } from '../http-encoding.ts';
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

/** Sections that were unpacked once without an error. */
const sound = new WeakSet<Section>();

/** The stored answer as the events of the stream that `request` asks for; of the request, `stream_options` alone counts. */
async function eventsOf({ meta, body }: Entry, request: JsonObject): Promise<string[]> {
	const answer = parseExactly((await unpackSection(body)).toString()) as JsonObject;
	return dialects[meta.provider].replay(meta.operation, request, answer);
}

/** A section's stored bytes, which are unpacked once to make sure that they can be: no damaged answer goes out. */
async function checked(section: Section): Promise<Buffer> {
	if (!sound.has(section)) await unpackSection(section);
	sound.add(section);
	return section.bytes;
}

/** Writes the answers of the provider-compatible routes. */
export class CompatibleReply {
	readonly #clock: Clock;
	readonly #eventsPerSecond: number;
	readonly #ready: ReadyAnswers<Buffer>;

	/** `eventsPerSecond`: pace of replayed streams, 0 for at once. `quickBytes`: of written-out answers kept ready. */
	constructor(clock: Clock, eventsPerSecond: number, quickBytes: number) {
		this.#ready = new ReadyAnswers(quickBytes, ({ length }) => length);
		this.#clock = clock;
		this.#eventsPerSecond = eventsPerSecond;
	}

	/** The provider's own bytes, compressed as they are stored where `request` accepts that. */
	async sendWhole(request: IncomingMessage, response: ServerResponse, given: Given): Promise<void> {
		const { body } = given.entry;
		const packed = body.codec === 'gzip';
		const asStored = packed && acceptsGzip(request.headers['accept-encoding']);
		const bytes = asStored ? await checked(body) : await this.#unpacked(given);
		this.#begin(response, given, JSON_TYPE);
		if (packed) addVary(response, 'Accept-Encoding');
		if (asStored) response.setHeader('Content-Encoding', 'gzip');
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
		if (this.#eventsPerSecond === 0) {
			const form = `stream ${JSON.stringify(request['stream_options'] ?? null)}`;
			const make = async (): Promise<Buffer> => Buffer.from((await eventsOf(given.entry, request)).join(''));
			const bytes = given.status === 'HIT' ? await this.#ready.get(given.entry, form, make) : await make();
			this.#begin(response, given, EVENT_STREAM);
			response.end(bytes);
			return;
		}
		const events = await eventsOf(given.entry, request);
		this.#begin(response, given, EVENT_STREAM);
		await writeEvents(response, events, this.#eventsPerSecond, this.#clock);
		response.end();
	}

	#unpacked({ entry, status }: Given): Promise<Buffer> {
		const { body } = entry;
		const keeps = status === 'HIT' && body.codec !== 'identity';
		return keeps ? this.#ready.get(entry, 'whole', () => unpackSection(body)) : unpackSection(body);
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
