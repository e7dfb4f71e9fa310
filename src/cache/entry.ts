import type {
	ConfidenceReason,
	ContentType,
	CostTier,
	InvalidationCriteria,
	JsonObject,
	Operation,
	Provider,
	Scope,
	Usage,
} from '../shared/api-types.ts';
import type { ContentDependency, Tag } from './tags/tags.ts';

/** How a section's bytes are written. The numbers stand in stored entries: never reuse one. */
export const CODECS = { identity: 0, gzip: 1 } as const;
export type Codec = keyof typeof CODECS;

/** A piece of an entry, as it is stored. */
export interface Section {
	codec: Codec;
	/** Length once decoded. */
	length: number;
	bytes: Buffer;
}

/** How an entry's life was found: `ttl = trunc(base × tier × confidence × collection)`, or as the request asked. */
export interface TtlParts {
	base: number;
	tier_factor: number;
	confidence: number;
	collection_factor: number;
	asked: number | null;
	reasons: ConfidenceReason[];
}

/** Everything about an answer but the answer. */
export interface EntryMeta {
	key: string;
	provider: Provider;
	model: string;
	operation: Operation;
	scope: Scope;
	/** Milliseconds since the epoch. */
	created: number;
	expires: number;
	/** Seconds. */
	ttl: number;
	ttlParts: TtlParts;
	costTier: CostTier;
	contentType: ContentType;
	usage: Usage;
	usd: number;
	durationMs: number;
	finishReason: string | null;
	snapshot: string | null;
	/** The provider's id of the original response, sent again with a hit. */
	requestId: string | null;
	/** The collection that the request named, for statistics. */
	collection: string | null;
	content: readonly ContentDependency[];
	freeTags: readonly string[];
	/** `dependencyTags` of the above: what the entry is valid with. */
	tags: readonly Tag[];
	/** First characters of the answer, for lists. */
	preview: string;
	/** Its body repeats what its request alone said: see `Echo`. */
	echoes?: true;
}

export interface Entry {
	meta: EntryMeta;
	/** The provider's JSON body. */
	body: Section;
	/** What it was asked, as JSON: see `StoredRequest`. */
	request: Section;
}

/** Enough of the request to show it, and to ask it again when warming or refreshing. */
export interface StoredRequest {
	body: JsonObject;
	headers: Record<string, string>;
	/** Of the query, what changes the answer; absent where there is none. */
	query?: string;
	/** The native request where it was one, with its item template unrendered. */
	native?: JsonObject;
	/** The user whose permissions rendered it; asked again with the same. */
	user: string | null;
	role: string | null;
}

export type EntryState = 'fresh' | 'expired' | 'invalidated';

/** What a look-up came upon. */
export interface Found {
	entry: Entry;
	state: EntryState;
	/** False where the request declares a dependency that the entry does not have: it must not be answered with it. */
	covers: boolean;
}

/** Figures of a set of entries. All but `entries` may be extrapolated from some of them where there are over 25. */
export interface HeldFigures {
	entries: number;
	usd: number;
	hits: number;
	bytes: number;
}

/** Figures of no entries. */
export const NONE_HELD: Readonly<HeldFigures> = Object.freeze({ entries: 0, usd: 0, hits: 0, bytes: 0 });

export interface EntryQuery extends Pick<InvalidationCriteria, 'provider' | 'model' | 'collection'> {
	item?: string;
	tag?: string;
	search?: string;
	/** Whether the search passes over the beginnings of answers. */
	previewHidden?: boolean;
	sort: 'created' | 'expires' | 'hits' | 'size';
	descending: boolean;
	limit: number;
	cursor: string | null;
}

export interface FoundPage {
	entries: { entry: Pick<Entry, 'meta'>; size: number; hits: number }[];
	nextCursor: string | null;
	/**
	 * Live entries that meet the filter; a search may narrow them further. Those that a purge has just dropped may be
	 * counted until they are swept.
	 */
	total: number;
}
