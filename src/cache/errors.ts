/** Base of everything that the engine throws on purpose. `code` is stable; the message is for people. */
export class CacheError extends Error {
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = new.target.name;
		this.code = code;
	}
}

/** The store did not answer in its time, or its breaker is open. Never shown to a caller: the request goes upstream. */
export class StoreUnavailableError extends CacheError {
	constructor(reason: string, options?: ErrorOptions) {
		super('AI_CACHE_STORE_UNAVAILABLE', `The cache store is unavailable: ${reason}`, options);
	}
}

/** `only-if-cached` with nothing stored (RFC 9111 §5.2.1.7). */
export class NotCachedError extends CacheError {
	constructor() {
		super('AI_CACHE_NOT_CACHED', 'Nothing is cached for this request, and it asked for a cached answer only');
	}
}

/** An answer that outgrew the size limit while it was streamed: its callers got all of it, the cache none. */
export class TooLargeError extends CacheError {
	constructor() {
		super('AI_CACHE_TOO_LARGE', 'The streamed answer is larger than an entry may be');
	}
}

/** Bytes that are no entry of this schema: damaged, truncated, or larger than they may become. */
export class UndecodableEntryError extends CacheError {
	constructor(reason: string, options?: ErrorOptions) {
		super('AI_CACHE_UNDECODABLE', `Undecodable cache entry: ${reason}`, options);
	}
}
