import type {
	ConfidenceReason,
	GenerationRequest,
	JsonObject,
	Operation,
	Provider,
	Usage,
} from '../shared/api-types.ts';

/** The parts of a complete (non-streaming) answer that the cache uses. */
export interface AnswerReading {
	/** The first choice's text with its text parts joined. Empty for pure tool calls and embeddings. */
	text: string;
	/** The provider's own word, such as `stop`, `end_turn` or `length`. Null if the answer has none. */
	finishReason: string | null;
	/** Includes cached and reasoning tokens, as the provider bills them. */
	usage: Usage;
	/** The snapshot named in the answer's `model`. Null if there is none. */
	snapshot: string | null;
	/** OpenAI's `system_fingerprint` or an equivalent. Null if there is none. */
	systemFingerprint: string | null;
	/** Unix time in seconds at which a part of the answer becomes invalid. Absent if no part expires. */
	expiresAt?: number;
}

/** Decision on storing an answer. `reason` is a stable word such as `truncated`, `refusal` or `empty`. */
export type Admission = { store: true } | { store: false; reason: string };

export interface Confidence {
	/** Not clamped. The TTL policy clamps it to 0.5 … 1.5. */
	score: number;
	reasons: ConfidenceReason[];
}

export interface AdmissionSettings {
	/** The setting `AI_CACHE_STORE_TRUNCATED`. */
	storeTruncated: boolean;
}

/** Reads a provider's stream and builds the body that the same request without `stream` would have returned. */
export interface StreamAssembler {
	/** Takes one decoded server-sent event. Never throws: unreadable events make `result()` incomplete. */
	push(event: { event: string | undefined; data: string }): void;
	/** Marks the proper end of the provider's bytes. No event follows. */
	end(): void;
	/** Returns the size of the collected parts as JSON, in characters. */
	weigh(): number;
	/** Complete only if the stream ended as the provider's protocol requires for a whole answer. */
	result(): { complete: true; body: JsonObject } | { complete: false; reason: string };
}

/** Handles answers that repeat request members which do not count in the cache key. */
export interface Echo {
	/** Returns these members of the request as text, empty if it has none. */
	of(operation: Operation, request: JsonObject): string;
	/** Rewrites an answer made for another request so that it repeats this request's members. */
	in(operation: Operation, request: JsonObject, answer: JsonObject): JsonObject;
}

/**
 * Everything that the engine knows about one provider. Implementations are pure: no network, no clock, no state. Each
 * one documents its headers and parameters with a link to the provider's page.
 */
export interface ProviderDialect {
	readonly name: Provider;
	/** In the form that the provider's own SDK accepts. */
	readonly defaultBaseUrl: string;
	/** The operation that the native `POST /generate` uses. */
	readonly nativeOperation: Operation;
	readonly operations: readonly Operation[];
	/** Returns the path after the base URL, with a leading slash. */
	path(operation: Operation): string;
	/** Path of the model list after the base URL. */
	readonly modelsPath: string;
	/** Returns the headers that authenticate at the provider. `content-type` is added elsewhere. */
	authenticationHeaders(apiKey: string): Record<string, string>;
	/** Caller headers (lower case) that are sent upstream and count in the cache key, such as `anthropic-version`. */
	readonly significantHeaders: readonly string[];
	/** Query parameters that are sent upstream and count in the cache key, such as `beta`. */
	readonly significantQuery: readonly string[];
	/** Headers sent if the caller sent none, such as `anthropic-version: 2023-06-01`. */
	readonly defaultHeaders: Readonly<Record<string, string>>;

	/**
	 * Builds the provider's request body from a native request: `prompt` becomes a user message, `system` goes where
	 * the provider expects it, `params` override members, and `max_tokens` gets a default if it is required. Never
	 * includes `stream`.
	 */
	toBody(request: Pick<GenerationRequest, 'model' | 'prompt' | 'messages' | 'system' | 'params'>): JsonObject;

	/**
	 * Returns the part of a body that can change the answer, in the same form for equal requests: without parameters
	 * that cannot change it, without explicit nulls, a lone text part as a plain string. The order of members is free:
	 * the cache key sorts them.
	 */
	fingerprintBody(operation: Operation, body: JsonObject): JsonObject;

	/** Absent if no answer repeats members that the cache key omits. */
	readonly echo?: Echo;

	/** Returns a reason if this request must not be looked up or stored (provider-side state), otherwise null. */
	uncacheable(operation: Operation, body: JsonObject): string | null;

	/** Returns null if the body is not an answer of this provider, such as an error object or half a document. */
	read(operation: Operation, answer: JsonObject): AnswerReading | null;

	admit(operation: Operation, request: JsonObject, answer: JsonObject, settings: AdmissionSettings): Admission;

	/** Scores the answer by the provider's own signals, with named reasons. */
	confidence(operation: Operation, request: JsonObject, answer: JsonObject): Confidence;

	/** Builds an error body in the provider's format. `code` is one of the provider's own codes if one fits. */
	errorBody(status: number, message: string, code: string): JsonObject;

	/** False if clients of this provider cannot parse comments within event streams. Absent if they can. */
	readonly streamComments?: boolean;

	/** Members that a streaming native request adds to its body. */
	readonly streaming: Readonly<JsonObject>;

	/** Returns the text that one event of a native stream adds to the answer's `text`, empty if it adds none. */
	textDelta(event: JsonObject): string;

	/** Creates the assembler for a request with `stream: true`. */
	assembler(operation: Operation, request: JsonObject): StreamAssembler;

	/** Writes a stored answer as this provider's event stream: one array element per event, with the terminator. */
	replay(operation: Operation, request: JsonObject, answer: JsonObject): string[];
}
