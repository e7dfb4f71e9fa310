import type { JsonObject } from '../contract.ts';
import type { AiCache } from '../cache/cache.ts';
import type { Clock } from '../cache/clock.ts';
import type { Answer, Generation } from '../cache/generation.ts';
import { upstreamHeaders } from '../providers/headers.ts';
import type { Pricing } from '../providers/prices.ts';
import type { Upstream, UpstreamRequest } from '../providers/upstream.ts';
import { draftOf, type RawAnswer, storedRequest } from './draft.ts';
import { NoProviderKeyError, ProviderFailedError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { LiveStream } from './live-stream.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { keySetting } from './settings.ts';
import type { SettingValues } from './settings-schema.ts';
import { UpstreamFailure } from './upstream-failure.ts';

export interface AskOptions {
	signal: AbortSignal;
	/** Whether the caller wants to follow a stream that is under way. */
	wantsLive: boolean;
	/** Nobody asks: warming, a refresh. */
	background?: boolean;
}

const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'mistral-correlation-id', 'x-ds-trace-id'];

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
	ask(exchange: Exchange, { signal, wantsLive, background = false }: AskOptions): Promise<Answer<LiveStream>> {
		const { mode = 'default', max_age, stale_while_revalidate, stale_if_error } = exchange.directives;
		return this.#cache.resolve({
			key: exchange.key,
			provider: exchange.provider,
			model: exchange.model,
			collection: exchange.collection,
			tags: exchange.tags,
			dependencies: exchange.dependencies,
			mode: exchange.uncacheable === null ? mode : 'no-store',
			...(max_age !== undefined && { maxAge: max_age }),
			...(stale_while_revalidate !== undefined && { staleWhileRevalidate: stale_while_revalidate }),
			...(stale_if_error !== undefined && { staleIfError: stale_if_error }),
			signal,
			wantsLive,
			background,
			generate: (flightSignal) => this.#generate(exchange, flightSignal),
			record: () => warmRecord(exchange),
		});
	}

	async #generate(exchange: Exchange, signal: AbortSignal): Promise<Generation<LiveStream>> {
		const started = this.#clock.now();
		const answer = await this.#upstream.call({ ...(await this.#request(exchange)), signal });
		if (answer.status >= 400) throw new UpstreamFailure(exchange.provider, answer.status, answer.headers, answer.body);
		const raw: RawAnswer = {
			bytes: answer.body,
			parsed: this.#parse(exchange, answer.body),
			durationMs: this.#clock.now() - started,
			requestId: requestIdIn(answer.headers),
		};
		return { done: Promise.resolve(draftOf(exchange, raw, this.#values, this.#pricing)) };
	}

	async #request(exchange: Exchange): Promise<UpstreamRequest> {
		const { provider, dialect, operation, baseUrl, headers, body, rawBody } = exchange;
		const found = await this.#keys.find(provider);
		if (found === null) throw new NoProviderKeyError({ provider, setting: keySetting(provider) });
		return {
			url: baseUrl + dialect.path(operation),
			headers: upstreamHeaders(dialect, headers, found.key),
			body: rawBody ?? Buffer.from(JSON.stringify(body)),
			timeoutMs: this.#values.AI_CACHE_UPSTREAM_TIMEOUT,
			retries: this.#values.AI_CACHE_UPSTREAM_RETRIES,
		};
	}

	#parse({ provider }: Exchange, body: Buffer): JsonObject {
		try {
			const parsed: unknown = JSON.parse(body.toString());
			if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
		} catch {
			// Told below, as an answer that is no object is.
		}
		throw new ProviderFailedError({ provider, status: 200, reason: 'its answer is no JSON object' });
	}
}

function requestIdIn(headers: Readonly<Record<string, unknown>>): string | null {
	for (const name of REQUEST_ID_HEADERS) if (typeof headers[name] === 'string') return headers[name];
	return null;
}

/** What warming needs to ask the same again; see `Warmer`. */
export interface WarmRecord {
	provider: Exchange['provider'];
	operation: Exchange['operation'];
	collection: string | null;
	dependencies: Exchange['dependencies'];
	directives: Exchange['directives'];
	contentType: Exchange['contentType'];
	confidence: number | null;
	request: ReturnType<typeof storedRequest>;
}

function warmRecord(exchange: Exchange): Buffer {
	const { provider, operation, collection, dependencies, directives, contentType, confidence } = exchange;
	const { mode: _, ...lasting } = directives;
	const record: WarmRecord = {
		provider,
		operation,
		collection,
		dependencies,
		directives: lasting,
		contentType,
		confidence,
		request: storedRequest(exchange),
	};
	return Buffer.from(JSON.stringify(record));
}
