import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CacheStatus, JsonObject } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import type { Entry, Section } from '../../cache/entry.ts';
import type { Headers } from '../../providers/http/headers.ts';
import { parseStored } from '../../providers/json/answer-body.ts';
import { dialects } from '../../providers/registry.ts';
import { REQUEST_ID_HEADERS } from '../../providers/http/request-id.ts';
import { eventText } from '../../providers/http/sse.ts';
import { ageOf, isFromCache, ttlLeft } from '../../services/generation/format-answer.ts';
import type { FollowedStream } from '../../services/generation/read-through.ts';
import { setCacheHeaders } from '../../host/http/cache-headers.ts';
import { UNREADABLE } from '../../services/generation/cache-draft.ts';
import type { Joined } from '../../services/generation/embedding-assembler.ts';
import type { ReadyAnswers } from '../../services/generation/response-cache.ts';
import { EVENT_STREAM, writeEvents } from '../event-stream.ts';
import type { EventStreamResponse } from '../event-stream-response.ts';

/** An entry with the facts that its response reports. */
export interface AnsweredEntry {
	entry: Entry;
	status: CacheStatus;
	/** Why the answer was not stored. Null if it was. */
	skipReason: string | null;
	/** The provider's headers if it answered this very request, else null. */
	headers: Headers | null;
}

const JSON_TYPE = 'application/json';

/** Sections that were unpacked once without error. */
const verified = new WeakSet<Section>();

const readAnswer = async ({ body }: Entry): Promise<JsonObject> =>
	parseStored((await unpackSection(body)).toString()) as JsonObject;

/** Returns the parts of `request` that the answer must echo. Null if the stored bytes can be sent unchanged. */
function computeEcho({ entry, status, skipReason: notStored }: AnsweredEntry, request: JsonObject): string | null {
	const { provider, operation, echoes } = entry.meta;
	const { echo } = dialects[provider];
	if (!echo || !isFromCache(status) || notStored === UNREADABLE) return null;
	const own = echo.of(operation, request);
	return own !== '' || echoes ? own : null;
}

/** Rewrites the stored answer's echoed parts to match `request`. */
async function addEcho(entry: Entry, request: JsonObject): Promise<JsonObject> {
	const { provider, operation } = entry.meta;
	const answer = await readAnswer(entry);
	return dialects[provider].echo?.in(operation, request, answer) ?? answer;
}

/** Replays the stored answer as stream events. They depend on the request's `stream_options` and `echo`. */
async function buildEvents(entry: Entry, request: JsonObject, echo: string | null): Promise<string[]> {
	const answer = await (echo === null ? readAnswer(entry) : addEcho(entry, request));
	return dialects[entry.meta.provider].replay(entry.meta.operation, request, answer);
}

/** Returns the section's stored bytes. Unpacks them once, so that no damaged answer is sent. */
async function verifySection(section: Section): Promise<Buffer> {
	if (!verified.has(section)) await unpackSection(section);
	verified.add(section);
	return section.bytes;
}

export interface StreamHead {
	status: CacheStatus;
	key: string;
	/** The provider's headers. Null if they have not arrived. */
	headers: Headers | null;
}

/** Sets the head of a live stream. */
export function setStreamHead(response: ServerResponse, { status, key, headers }: StreamHead): void {
	response.statusCode = 200;
	for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
	setCacheHeaders(response, { status, key, age: 0, ttl: 0, stored: false });
}

/** Writes the answers of the provider-compatible routes. */
export class CompatibleResponder {
	readonly #clock: Clock;
	readonly #eventsPerSecond: number;
	readonly #ready: ReadyAnswers<Buffer>;

	/** `eventsPerSecond`: rate of replayed streams, 0 for all at once. `ready`: the cache of serialized answers. */
	constructor(clock: Clock, eventsPerSecond: number, ready: ReadyAnswers<Buffer>) {
		this.#ready = ready;
		this.#clock = clock;
		this.#eventsPerSecond = eventsPerSecond;
	}

	/** Sends the provider's bytes as the answer to `asked`. Sends stored gzip as is if `request` accepts it. */
	async sendWhole(
		request: IncomingMessage,
		response: ServerResponse,
		given: AnsweredEntry,
		asked: JsonObject,
	): Promise<void> {
		const { body } = given.entry;
		const echo = computeEcho(given, asked);
		const packed = echo === null && body.codec === 'gzip';
		const asStored = packed && acceptsGzip(request.headers['accept-encoding']);
		const bytes = asStored ? await verifySection(body) : await this.#serializeBody(given, asked, echo);
		this.#begin(response, given, JSON_TYPE);
		if (packed) addVary(response, 'Accept-Encoding');
		if (asStored) response.setHeader('Content-Encoding', 'gzip');
		response.setHeader('Content-Length', bytes.length);
		response.end(bytes);
	}

	/** Sends an answer that was assembled from several entries. */
	sendJoined(response: ServerResponse, { bytes, facts, headers }: Joined): void {
		for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
		response.setHeader('Content-Type', JSON_TYPE);
		response.setHeader('Content-Length', bytes.length);
		setCacheHeaders(response, facts);
		response.end(bytes);
	}

	/** Sends an assembled answer, synchronously if it is ready. */
	sendJoinedAgain(response: ServerResponse, joined: Joined | Promise<Joined>): void | Promise<void> {
		if (joined instanceof Promise) return joined.then((made) => this.sendJoined(response, made));
		this.sendJoined(response, joined);
	}

	/** Replays the answer as the stream that `request` asks for. Uses `stream` if it is already waiting. */
	async sendReplayed(
		response: ServerResponse,
		given: AnsweredEntry,
		request: JsonObject,
		stream: EventStreamResponse | null = null,
	): Promise<void> {
		stream?.stop();
		const echo = computeEcho(given, request);
		if (this.#eventsPerSecond === 0) {
			const form = `stream ${JSON.stringify(request['stream_options'] ?? null)} ${echo ?? ''}`;
			const make = async (): Promise<Buffer> => Buffer.from((await buildEvents(given.entry, request, echo)).join(''));
			const bytes = given.status === 'HIT' ? await this.#ready.get([given.entry], form, make) : await make();
			this.#begin(response, given, EVENT_STREAM);
			response.end(bytes);
			return;
		}
		const events = await buildEvents(given.entry, request, echo);
		this.#begin(response, given, EVENT_STREAM);
		await writeEvents(response, events, this.#eventsPerSecond, this.#clock);
		response.end();
	}

	#serializeBody({ entry, status }: AnsweredEntry, asked: JsonObject, echo: string | null): Promise<Buffer> {
		const { body } = entry;
		const make = async (): Promise<Buffer> =>
			echo === null ? unpackSection(body) : Buffer.from(JSON.stringify(await addEcho(entry, asked)));
		const keeps = status === 'HIT' && (echo !== null || body.codec !== 'identity');
		return keeps ? this.#ready.get([entry], `whole ${echo ?? ''}`, make) : make();
	}

	/** Sends an unrecognized answer as the only event of a stream that has begun. */
	async sendUnreadable(stream: EventStreamResponse, { entry }: AnsweredEntry): Promise<void> {
		await stream.write(eventText((await unpackSection(entry.body)).toString().replace(/\s*[\r\n]\s*/g, ' ')));
		await stream.end();
	}

	/** Sends the provider's bytes as they arrive. Rejects if the stream breaks off. */
	async sendStream(
		response: ServerResponse,
		stream: EventStreamResponse,
		followed: FollowedStream,
		key: string,
		status: CacheStatus,
	): Promise<void> {
		stream.begin(() => setStreamHead(response, { status, key, headers: followed.headers }));
		for await (const chunk of followed.bytes) {
			if (response.destroyed) return;
			await stream.write(chunk);
		}
		await stream.end();
	}

	#begin(
		response: ServerResponse,
		{ entry, status, skipReason: notStored, headers }: AnsweredEntry,
		type: string,
	): void {
		if (response.headersSent) return;
		const { key, provider, requestId } = entry.meta;
		response.statusCode = 200;
		if (headers) for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
		else if (requestId !== null) response.setHeader(REQUEST_ID_HEADERS[provider], requestId);
		const contentType = String(response.getHeader('Content-Type') ?? '');
		if (!headers || type !== JSON_TYPE || !contentType.includes('json')) response.setHeader('Content-Type', type);
		const age = ageOf(entry, this.#clock);
		const ttl = ttlLeft(entry, this.#clock);
		setCacheHeaders(response, { status, key, age, ttl, stored: notStored === null });
	}
}

/** Returns whether `Accept-Encoding` accepts gzip (RFC 9110 §12.5.3), by name or by `*`. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
	const weights = new Map<string, number>();
	for (const part of String(header ?? '').split(',')) {
		const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
		const weight = parameters.find((parameter) => parameter.startsWith('q='));
		weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
	}
	return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Adds a field name to `Vary` and keeps the names that Directus set. */
export function addVary(response: ServerResponse, field: string): void {
	const fields = String(response.getHeader('Vary') ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	if (fields.includes('*') || fields.some((name) => name.toLowerCase() === field.toLowerCase())) return;
	response.setHeader('Vary', [...fields, field].join(', '));
}
