import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CacheStatus, JsonObject } from '../../contract.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/codec.ts';
import type { Entry, Section } from '../../cache/entry.ts';
import type { Headers } from '../../providers/headers.ts';
import { parseStored } from '../../providers/answer-body.ts';
import { dialects } from '../../providers/registry.ts';
import { REQUEST_ID_HEADERS } from '../../providers/request-id.ts';
import { eventText } from '../../providers/sse.ts';
import { ageOf, isFromCache, ttlLeft } from '../../runtime/answer.ts';
import type { FollowedStream } from '../../runtime/asker.ts';
import { setCacheHeaders } from '../../runtime/cache-headers.ts';
import { UNREADABLE } from '../../runtime/draft.ts';
import type { Joined } from '../../runtime/joined-hits.ts';
import type { ReadyAnswers } from '../../runtime/ready-answers.ts';
import { EVENT_STREAM, writeEvents } from '../event-stream.ts';
import type { EventStreamResponse } from '../event-stream-response.ts';

/** An entry as it is answered. */
export interface AnsweredEntry {
	entry: Entry;
	status: CacheStatus;
	/** Why it is not in the cache, null where it is. */
	skipReason: string | null;
	/** The provider's headers where its answer to this very request is at hand, else null. */
	headers: Headers | null;
}

const JSON_TYPE = 'application/json';

/** Sections that were unpacked once without an error. */
const verified = new WeakSet<Section>();

const readAnswer = async ({ body }: Entry): Promise<JsonObject> =>
	parseStored((await unpackSection(body)).toString()) as JsonObject;

/** What a stored answer has to repeat of `request`; null where its bytes do as they are. */
function computeEcho({ entry, status, skipReason: notStored }: AnsweredEntry, request: JsonObject): string | null {
	const { provider, operation, echoes } = entry.meta;
	const { echo } = dialects[provider];
	if (!echo || !isFromCache(status) || notStored === UNREADABLE) return null;
	const own = echo.of(operation, request);
	return own !== '' || echoes ? own : null;
}

/** The stored answer as one to `request`. */
async function addEcho(entry: Entry, request: JsonObject): Promise<JsonObject> {
	const { provider, operation } = entry.meta;
	const answer = await readAnswer(entry);
	return dialects[provider].echo?.in(operation, request, answer) ?? answer;
}

/** The stored answer as the events of the stream that `request` asks for; of the request, `stream_options` and `echo` count. */
async function buildEvents(entry: Entry, request: JsonObject, echo: string | null): Promise<string[]> {
	const answer = await (echo === null ? readAnswer(entry) : addEcho(entry, request));
	return dialects[entry.meta.provider].replay(entry.meta.operation, request, answer);
}

/** A section's stored bytes, which are unpacked once to make sure that they can be: no damaged answer goes out. */
async function verifySection(section: Section): Promise<Buffer> {
	if (!verified.has(section)) await unpackSection(section);
	verified.add(section);
	return section.bytes;
}

export interface StreamHead {
	status: CacheStatus;
	key: string;
	/** The provider's, or null if they are not there yet. */
	headers: Headers | null;
}

/** The head of a stream whose end is still to come. */
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

	/** `eventsPerSecond`: pace of replayed streams, 0 for at once. `ready`: where written-out answers are kept. */
	constructor(clock: Clock, eventsPerSecond: number, ready: ReadyAnswers<Buffer>) {
		this.#ready = ready;
		this.#clock = clock;
		this.#eventsPerSecond = eventsPerSecond;
	}

	/** The provider's own bytes as an answer to `asked`, compressed as they are stored where `request` accepts that. */
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

	/** An answer that was put together from several entries. */
	sendJoined(response: ServerResponse, { bytes, facts, headers }: Joined): void {
		for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
		response.setHeader('Content-Type', JSON_TYPE);
		response.setHeader('Content-Length', bytes.length);
		setCacheHeaders(response, facts);
		response.end(bytes);
	}

	/** The same, at once where it is there. */
	sendJoinedAgain(response: ServerResponse, joined: Joined | Promise<Joined>): void | Promise<void> {
		if (joined instanceof Promise) return joined.then((made) => this.sendJoined(response, made));
		this.sendJoined(response, joined);
	}

	/** The answer as the stream that `request` asks for; into `stream` if that waits for it. */
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

	/** An answer that nobody can read, as the one event of a stream that has begun. */
	async sendUnreadable(stream: EventStreamResponse, { entry }: AnsweredEntry): Promise<void> {
		await stream.write(eventText((await unpackSection(entry.body)).toString().replace(/\s*[\r\n]\s*/g, ' ')));
		await stream.end();
	}

	/** The provider's bytes as they arrive. Rejects if the stream breaks off. */
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
		const told = String(response.getHeader('Content-Type') ?? '');
		if (!headers || type !== JSON_TYPE || !told.includes('json')) response.setHeader('Content-Type', type);
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
