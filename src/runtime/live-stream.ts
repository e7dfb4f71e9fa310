import type { Headers } from '../providers/headers.ts';

/** A provider's event stream under way, to be followed from its beginning by any number of callers. */
export interface LiveStream {
	status: number;
	/** Of the provider's headers, those that callers get. */
	headers: Headers;
	/** The provider's bytes from the first on, as they arrive. Ends with an error where the provider broke off. */
	follow(): AsyncIterable<Uint8Array>;
}
