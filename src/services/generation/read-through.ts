import type { CacheDirectives, CacheStatus, JsonObject } from '../../shared/api-types.ts';
import type { AiCache } from '../../cache/cache.ts';
import type { Clock } from '../../cache/clock.ts';
import { NotCachedError } from '../../cache/errors.ts';
import type { Answer, Generated, Generation } from '../../cache/generation/types.ts';
import { parseBody } from '../../providers/json/answer-body.ts';
import { parseExactly } from '../../providers/json/lossless-json.ts';
import { callerHeaders, type Headers, type ReceivedHeaders, upstreamHeaders } from '../../providers/http/headers.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import { requestIdOf } from '../../providers/http/request-id.ts';
import { saysTheSame } from '../../providers/json/body-equivalence.ts';
import type { Upstream, UpstreamRequest } from '../../providers/http/http-client.ts';
import { UpstreamAborted } from '../../providers/http/errors.ts';
import type { UpstreamStream } from '../../providers/http/http-request.ts';
import { type AnswerBody, createAssembly, readAnswerBody } from './answer-reader.ts';
import { draftOf, type RawAnswer } from './cache-draft.ts';
import { NoProviderKeyError, ProviderFailedError } from '../errors/errors.ts';
import type { Exchange } from './provider-request.ts';
import type { LiveStream } from '../streaming/live-stream.ts';
import type { ProviderKeys } from '../access/provider-key-service.ts';
import { keptPlace } from './refresh-policy.ts';
import { keySetting } from '../config/settings.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { readBeginning } from '../streaming/answer-start.ts';
import { SharedStream } from '../streaming/broadcast-stream.ts';
import { UpstreamFailure } from '../errors/provider-failure.ts';
import { warmRecord } from './request-record.ts';

export interface AskOptions {
	signal: AbortSignal;
	/** Whether the caller wants to follow a stream that is under way. */
	wantsLive: boolean;
	/** Nobody asks: warming, a refresh. */
	background?: boolean;
	/** Where the answer is not stored as a whole. */
	parts?: AnswerParts;
	/** As in `CacheRequest`. */
	storeAway?: boolean;
	/** As in `CacheRequest`; of the provider's headers, with those that callers get. */
	onHead?: (status: CacheStatus, headers: Headers) => void;
}

/** Stores an answer's parts in place of the whole, each at a key of its own. */
export interface AnswerParts {
	/** When it is this request's turn: another's answer where that has come meanwhile, else null. */
	begin(): Promise<JsonObject | null>;
	/** With the provider's answer; says why not all of it is stored, or `KEPT_IN_PARTS`. */
	finish(answer: RawAnswer): Promise<string>;
	/** Where none came. */
	fail(): void;
}

/** A stream that the caller has to read to its end, or leave. */
export interface FollowedStream {
	status: number;
	/** Of the provider's headers, those that callers get. */
	headers: Headers;
	/** From the provider's first byte on; throws where the provider broke off. */
	bytes: AsyncIterable<Uint8Array>;
}

/** What became of an exchange: an entry at once, a stream to follow, or the outcome to wait for. */
export interface Asked extends Omit<Answer<LiveStream>, 'live'> {
	stream?: FollowedStream;
	/** Of the headers that came with the provider's whole answer to this very request, those that callers get. */
	headers: Headers | null;
}

/** How often a stream that cannot be joined any more is waited out and the request asked anew. */
const MAX_MISSED_STREAMS = 2;

/** Why an answer whose parts are stored is not itself. */
export const KEPT_IN_PARTS = 'kept_in_parts';

/** Brings an exchange to the cache, and where that has nothing to its provider. */
export class Asker {
	readonly #cache: AiCache<LiveStream>;
	readonly #upstream: Upstream;
	readonly #keys: ProviderKeys;
	readonly #pricing: Pricing;
	readonly #values: SettingValues;
	readonly #clock: Clock;

	constructor(
		cache: AiCache<LiveStream>,
		upstream: Upstream,
		keys: ProviderKeys,
		pricing: Pricing,
		values: SettingValues,
		clock: Clock,
	) {
		this.#cache = cache;
		this.#upstream = upstream;
		this.#keys = keys;
		this.#pricing = pricing;
		this.#values = values;
		this.#clock = clock;
	}

	/** Rejects with `UpstreamFailure`, an `UpstreamError`, one of this bundle's errors, or `NotCachedError`. */
	async ask(exchange: Exchange, options: AskOptions): Promise<Asked> {
		if (exchange.uncacheable !== null && exchange.directives.mode === 'only-if-cached') throw new NotCachedError();
		for (let missed = 0; ; missed++) {
			const heard: { headers: Headers | null } = { headers: null };
			const { live, ...answer } = await this.#resolve(exchange, options, heard);
			if (live === undefined) return { ...answer, headers: heard.headers };
			const bytes = live.follow();
			if (bytes !== null) {
				const { status, headers } = live;
				options.signal.addEventListener('abort', () => void bytes[Symbol.asyncIterator]().return?.(), { once: true });
				return {
					...answer,
					headers: null,
					stream: { status, headers, bytes: endingStored(live, bytes, answer.outcome) },
				};
			}
			answer.leave();
			await answer.outcome.catch(() => {});
			if (missed >= MAX_MISSED_STREAMS || options.signal.aborted) throw new UpstreamAborted();
		}
	}

	#resolve(
		exchange: Exchange,
		{ signal, wantsLive, background = false, parts, storeAway = false, onHead }: AskOptions,
		heard: { headers: Headers | null },
	): Promise<Answer<LiveStream>> {
		const { mode = 'default', max_age } = exchange.directives;
		// Where nobody asks, nothing that is out of date will do.
		const { stale_while_revalidate, stale_if_error }: CacheDirectives = background ? {} : exchange.directives;
		const kept = background ? null : keptPlace(exchange, this.#values);
		return this.#cache.resolve({
			key: exchange.key,
			rank: exchange.rank,
			provider: exchange.provider,
			model: exchange.model,
			collection: exchange.collection,
			tags: exchange.tags,
			dependencies: exchange.dependencies,
			mode: exchange.uncacheable === null ? mode : 'no-store',
			...(max_age !== undefined && { maxAge: max_age }),
			...(stale_while_revalidate !== undefined && { staleWhileRevalidate: stale_while_revalidate }),
			...(stale_if_error !== undefined && { staleIfError: stale_if_error }),
			...(kept && { kept }),
			signal,
			wantsLive,
			// Native requests take the text of any stream.
			joins: ({ form }) => exchange.native !== null || form === streamForm(exchange),
			background,
			storeAway,
			...(onHead && { onHead }),
			...(parts
				? { generate: (flightSignal) => this.#generateParts(exchange, flightSignal, heard, parts) }
				: {
						generate: (flightSignal, announce) => this.#generate(exchange, flightSignal, heard, announce),
						...(exchange.exact && { record: () => warmRecord(exchange) }),
					}),
		});
	}

	async #generate(
		exchange: Exchange,
		signal: AbortSignal,
		heard: { headers: Headers | null },
		announce: (head: Headers) => void = () => {},
	): Promise<Generation<LiveStream>> {
		const started = this.#clock.now();
		const { apiKey, ...request } = await this.#request(exchange);
		const { answer } = await this.#upstream.receive({ ...request, signal }, (stream) =>
			readBeginning(stream, exchange.body['stream'] === true, (head) => announce(callerHeaders(head))),
		);
		if ('bytes' in answer) return this.#stream(exchange, answer, started);
		const { status, headers } = answer;
		if (status >= 400) throw UpstreamFailure.of(exchange.provider, answer, apiKey);
		if (status >= 300) {
			throw new ProviderFailedError({ provider: exchange.provider, status, reason: 'it sends to another address' });
		}
		heard.headers = callerHeaders(headers);
		const body = readAnswerBody(exchange, answer.body, this.#values.AI_CACHE_MAX_ENTRY_SIZE, apiKey);
		return { done: Promise.resolve(this.#generated(exchange, body, headers, started)) };
	}

	async #generateParts(
		exchange: Exchange,
		signal: AbortSignal,
		heard: { headers: Headers | null },
		parts: AnswerParts,
	): Promise<Generation<LiveStream>> {
		const there = await parts.begin();
		if (there !== null) return { done: Promise.resolve(this.#joined(exchange, there)), shared: true };
		try {
			const { done } = await this.#generate(exchange, signal, heard);
			const generated = await done;
			const { body: bytes, durationMs, requestId } = generated.draft;
			const kept = await parts.finish({ bytes, parsed: parseBody(bytes)?.parsed ?? {}, durationMs, requestId });
			return { done: Promise.resolve({ ...generated, refused: generated.refused ?? kept }) };
		} catch (error) {
			parts.fail();
			throw error;
		}
	}

	/** An answer whose parts others had stored. */
	#joined(exchange: Exchange, parsed: JsonObject): Generated {
		const raw = { bytes: Buffer.from(JSON.stringify(parsed)), parsed, durationMs: 0, requestId: null };
		return { ...draftOf(exchange, raw, this.#values, this.#pricing), refused: KEPT_IN_PARTS };
	}

	/** A part of an answer as it is stored. */
	draft(exchange: Exchange, answer: RawAnswer): Generated {
		return draftOf(exchange, answer, this.#values, this.#pricing);
	}

	/** Begins with the provider's first event: whatever fails before that is an error like any other. */
	#stream(exchange: Exchange, opened: UpstreamStream, started: number): Generation<LiveStream> {
		const { status, bytes } = opened;
		const maxBytes = this.#values.AI_CACHE_MAX_ENTRY_SIZE;
		const source = { status, headers: callerHeaders(opened.headers), form: streamForm(exchange), bytes };
		const live = new SharedStream(source, createAssembly(exchange, maxBytes), maxBytes);
		const done = live.assembled.then((parsed) =>
			this.#generated(exchange, { bytes: Buffer.from(JSON.stringify(parsed)), parsed }, opened.headers, started),
		);
		return { live, done };
	}

	#generated(exchange: Exchange, body: AnswerBody, headers: ReceivedHeaders, started: number): Generated {
		const durationMs = this.#clock.now() - started;
		const requestId = requestIdOf(exchange.provider, headers);
		return draftOf(exchange, { ...body, durationMs, requestId }, this.#values, this.#pricing);
	}

	async #request(exchange: Exchange): Promise<UpstreamRequest & { apiKey: string }> {
		const { provider, dialect, operation, baseUrl, query, headers, body } = exchange;
		const found = await this.#keys.find(provider);
		if (found === null) throw new NoProviderKeyError({ provider, setting: keySetting(provider) });
		const accept = body['stream'] === true ? 'text/event-stream' : 'application/json';
		return {
			apiKey: found.key,
			url: baseUrl + dialect.path(operation) + (query === '' ? '' : `?${query}`),
			headers: upstreamHeaders(dialect, headers, found.key, accept),
			body: sentBody(exchange),
			timeoutMs: this.#values.AI_CACHE_UPSTREAM_TIMEOUT,
			retries: this.#values.AI_CACHE_UPSTREAM_RETRIES,
		};
	}
}

/** What is particular of a request's stream: the options that it asks for, and what it repeats of the request. */
const streamForm = ({ dialect, operation, body }: Exchange): string =>
	`${JSON.stringify(body['stream_options'] ?? null)} ${dialect.echo?.of(operation, body) ?? ''}`;

/** The caller's own bytes, unless the provider might read them as something else than the key was made of. */
function sentBody({ rawBody, body, exact }: Exchange): Buffer {
	if (rawBody !== null && saysTheSame(rawBody, body)) return rawBody;
	return Buffer.from(
		JSON.stringify(rawBody === null || exact ? body : parseExactly(new TextDecoder().decode(rawBody))),
	);
}

/** The last of a stream is handed out when its entry is stored: who has it all and asks again gets a hit. */
async function* endingStored(
	live: LiveStream,
	bytes: AsyncIterable<Uint8Array>,
	outcome: Promise<unknown>,
): AsyncGenerator<Uint8Array> {
	for await (const chunk of bytes) {
		if (live.complete) await outcome.catch(() => {});
		yield chunk;
	}
}
