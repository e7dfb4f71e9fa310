import type {
	ConfidenceReason,
	GenerationRequest,
	JsonObject,
	Operation,
	Provider,
	Usage,
} from '../shared/api-types.ts';

/** What the cache reads from a provider's complete (non-streaming) answer. */
export interface AnswerReading {
	/** The generated text of the first choice, text parts joined; empty for pure tool calls and embeddings. */
	text: string;
	/** The provider's own word: `stop`, `end_turn`, `length` …; null where it names none. */
	finishReason: string | null;
	/** Cached and reasoning tokens included, as the provider bills them. */
	usage: Usage;
	/** The snapshot that the answer names in `model`, null where it names none. */
	snapshot: string | null;
	/** OpenAI's `system_fingerprint` and its like, null where there is none. */
	systemFingerprint: string | null;
	/** Unix time in seconds at which a part of the answer stops being valid. Absent if none does. */
	expiresAt?: number;
}

/** Whether an answer may be stored at all; `reason` is a stable word such as `truncated`, `refusal`, `empty`. */
export type Admission = { store: true } | { store: false; reason: string };

export interface Confidence {
	/** Not clamped: the TTL policy clamps to 0.5 … 1.5. */
	score: number;
	reasons: ConfidenceReason[];
}

export interface AdmissionSettings {
	/** `AI_CACHE_STORE_TRUNCATED` */
	storeTruncated: boolean;
}

/** Reads one provider stream and builds the body that the same request without `stream` would have had. */
export interface StreamAssembler {
	/** One decoded server-sent event. Throws nothing: what it cannot read makes `result()` incomplete. */
	push(event: { event: string | undefined; data: string }): void;
	/** The provider's bytes ended as they should: nothing more comes. */
	end(): void;
	/** Characters that what was gathered so far takes as JSON. */
	weigh(): number;
	/** Complete only where the stream ended as the provider's protocol says a whole answer ends. */
	result(): { complete: true; body: JsonObject } | { complete: false; reason: string };
}

/** Of answers that repeat members of their request which do not count in the fingerprint. */
export interface Echo {
	/** Those members as text; empty where the request has none. */
	of(operation: Operation, request: JsonObject): string;
	/** An answer made for another request as it would have been for this one. */
	in(operation: Operation, request: JsonObject, answer: JsonObject): JsonObject;
}

/**
 * All that the engine's doors know of one provider. Implementations are pure: no network, no clock, no state.
 * Which headers and parameters mean what is documented beside each implementation with the provider's page.
 */
export interface ProviderDialect {
	readonly name: Provider;
	/** As the provider's own SDK takes it. */
	readonly defaultBaseUrl: string;
	/** What the native `POST /generate` asks with. */
	readonly nativeOperation: Operation;
	readonly operations: readonly Operation[];
	/** Path after the base URL, with its leading slash. */
	path(operation: Operation): string;
	/** Path of the model list after the base URL. */
	readonly modelsPath: string;
	/** Headers that authenticate at the provider, besides `content-type`. */
	authenticationHeaders(apiKey: string): Record<string, string>;
	/** Caller's headers that are sent upstream and count in the fingerprint (lower case), as `anthropic-version`. */
	readonly significantHeaders: readonly string[];
	/** The same of the query, as `beta`. */
	readonly significantQuery: readonly string[];
	/** Sent where the caller sent none, as `anthropic-version: 2023-06-01`. */
	readonly defaultHeaders: Readonly<Record<string, string>>;

	/**
	 * Writes a native request in the provider's dialect (`prompt` becomes one user message, `system` takes its place,
	 * `params` are spread over it, `max_tokens` defaulted where the provider demands it). Never includes `stream`.
	 */
	toBody(request: Pick<GenerationRequest, 'model' | 'prompt' | 'messages' | 'system' | 'params'>): JsonObject;

	/**
	 * The part of a request body that can change the answer, in one form for all that are equal: without the listed
	 * parameters that cannot change it, without explicit nulls, a lone text part as a plain string.
	 * Its keys need not be sorted: the fingerprint sorts them.
	 */
	fingerprintBody(operation: Operation, body: JsonObject): JsonObject;

	/** Absent where no answer repeats what its fingerprint leaves out. */
	readonly echo?: Echo;

	/** A word for why this request must not be looked up nor stored (provider-side state), or null. */
	uncacheable(operation: Operation, body: JsonObject): string | null;

	/** Null where the body is not an answer of this provider's (an error object, half a document). */
	read(operation: Operation, answer: JsonObject): AnswerReading | null;

	admit(operation: Operation, request: JsonObject, answer: JsonObject, settings: AdmissionSettings): Admission;

	/** Scored from the provider's own signals with named reasons. */
	confidence(operation: Operation, request: JsonObject, answer: JsonObject): Confidence;

	/** An error body in this provider's shape. `code` is one of the provider's own kinds where one fits. */
	errorBody(status: number, message: string, code: string): JsonObject;

	/** Whether clients of this provider take comments within event streams. Absent if they do. */
	readonly streamComments?: boolean;

	/** What a native request that streams adds to its body. */
	readonly streaming: Readonly<JsonObject>;

	/** The text that one event of a native request's stream adds to the answer's `text`; empty where it adds none. */
	textDelta(event: JsonObject): string;

	/** A `stream: true` request's assembler. */
	assembler(operation: Operation, request: JsonObject): StreamAssembler;

	/** The stored answer as the text of this provider's event stream, one array element an event, terminator included. */
	replay(operation: Operation, request: JsonObject, answer: JsonObject): string[];
}
