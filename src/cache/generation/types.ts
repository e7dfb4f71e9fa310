import type { CacheMode, CacheStatus } from '../../shared/api-types.ts';
import type { Dependencies, Tag } from '../tags/tags.ts';
import type { Entry, EntryMeta } from '../entry.ts';
import type { AnswerHead } from './single-flight.ts';
import type { Identity } from '../stats/recorder.ts';
import type { Lookup } from '../store.ts';

/** An answer as its generation leaves it; the engine adds times and tags. */
export interface Draft extends Omit<
	EntryMeta,
	'key' | 'created' | 'expires' | 'tags' | 'content' | 'freeTags' | 'collection' | 'provider' | 'model'
> {
	/** The provider's JSON body. */
	body: Buffer;
	/** `StoredRequest` as JSON. */
	request: Buffer;
	systemFingerprint: string | null;
}

export interface Generated {
	draft: Draft;
	/** Null where it may be stored, else a stable word for why not. */
	refused: string | null;
}

/** A call to the provider that began to answer. */
export interface Generation<Live> {
	/** What those who want the stream can follow; absent for a whole answer. */
	live?: Live;
	/** Rejects where the provider failed or its stream did not end properly. */
	done: Promise<Generated>;
	/** True where another process had made the answer meanwhile: nothing was spent, and its callers say `COALESCED`. */
	shared?: boolean;
}

/** An answer that is out of date, at a key of its own: given to those alone who say that they take it. */
export interface KeptPlace extends Lookup {
	/** Milliseconds that it is left to others to make the answer again, before a request does. */
	leaveMs: number;
}

export interface CacheRequest<Live> extends Identity {
	key: string;
	/** `dependencyTags` of the dependencies. */
	tags: readonly Tag[];
	dependencies: Dependencies;
	mode: CacheMode;
	/** Seconds. */
	maxAge?: number;
	staleWhileRevalidate?: number;
	staleIfError?: number;
	/** Aborted when the caller leaves. */
	signal: AbortSignal;
	/** Whether the caller follows a stream that is under way rather than wait for its end. */
	wantsLive: boolean;
	/** Whether a stream that another began will do; else it is waited out. Any will where this is absent. */
	joins?(live: Live): boolean;
	/** Where the answer may be kept that a change of the content took; absent where that may not be given. */
	kept?: KeptPlace;
	/** What the request is ranked under among those asked most: its key where this is absent. */
	rank?: string;
	/** Nobody asks: warming, a refresh. Counted by what it spends alone, neither as a hit nor as a miss. */
	background?: boolean;
	/** The store was asked for this request already, and did not answer: it is not asked again. */
	storeAway?: boolean;
	/** Called when the provider's head is there and its body takes its time, with the status that is known by then. */
	onHead?: (status: CacheStatus, head: AnswerHead) => void;
	/** Calls the provider. Rejects where that failed before an answer began. `announce`: see `Flight`. */
	generate(signal: AbortSignal, announce: (head: AnswerHead) => void): Promise<Generation<Live>>;
	/** Encoded once for warming, where the request is worth remembering. */
	record?: () => Buffer;
}

export interface Outcome {
	entry: Entry;
	/** Null where it was stored, else why not. */
	notStored: string | null;
	/** See `Generation`. */
	shared?: boolean;
}

export interface Answer<Live> {
	status: CacheStatus;
	/** There at once, for hits. */
	entry?: Entry;
	/** What streams, where the caller follows it. */
	live?: Live;
	outcome: Promise<Outcome>;
	/** To be called when the caller needs it no more: aborts a generation that nobody waits for. */
	leave(): void;
}
