import type { Headers } from '../../providers/http/headers.ts';

/** A provider's event stream under way, to be followed from its beginning by any number of callers. */
export interface LiveStream {
	status: number;
	/** Of the provider's headers, those that callers get. */
	headers: Headers;
	/** What of the request that it is for is particular in it: only requests of the same form may follow it. */
	readonly form: string;
	/** True once the answer is whole by the provider's protocol, before the chunk that made it so is handed out. */
	readonly complete: boolean;
	/**
	 * The provider's bytes from the first on, as they arrive; throws where the provider broke off. Null where it cannot
	 * be joined any more: it broke, or its beginning was let go. What is returned has to be read to its end or returned.
	 */
	follow(): AsyncIterable<Uint8Array> | null;
}
