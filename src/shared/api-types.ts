/**
 * Names and shapes that the API and the Studio share. Imports nothing, so that it may be imported from both.
 * All durations are seconds unless a name ends in `_ms`; all times are ISO 8601 strings in UTC; all sizes are bytes.
 */

export const BASE_PATH = 'ai-cache';

export const PROVIDERS = ['openai', 'anthropic', 'mistral', 'deepseek'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What is asked of a provider. `messages` is Anthropic's chat. */
export const OPERATIONS = ['chat', 'messages', 'embeddings', 'responses'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const CONTENT_TYPES = ['standard', 'critical', 'static'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

export const COST_TIERS = ['low', 'medium', 'high', 'very_high'] as const;
export type CostTier = (typeof COST_TIERS)[number];

/** Who may receive an entry: everybody, those of the caller's role, or the caller alone. */
export const SCOPES = ['shared', 'role', 'user'] as const;
export type Scope = (typeof SCOPES)[number];

/** What becomes of answers that a change of their content took: gone until asked for, or made again. */
export const ON_INVALIDATE = ['drop', 'refresh'] as const;

export const CACHE_MODES = ['default', 'no-cache', 'no-store', 'only-if-cached'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

/** Value of the `X-AI-Cache` header and of `cache.status`. */
export type CacheStatus = 'HIT' | 'MISS' | 'STALE' | 'REFRESH' | 'BYPASS' | 'COALESCED';

export const STATS_INTERVALS = ['minute', 'hour', 'day'] as const;
export type StatsInterval = (typeof STATS_INTERVALS)[number];

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };
export type JsonObject = { [name: string]: JsonValue };

/** `error.extensions.code` of everything that this bundle refuses or reports. */
export const ERROR_CODES = {
	invalidRequest: 'INVALID_PAYLOAD',
	forbidden: 'FORBIDDEN',
	notFound: 'AI_CACHE_NOT_FOUND',
	notCached: 'AI_CACHE_NOT_CACHED',
	noProviderKey: 'AI_CACHE_NO_PROVIDER_KEY',
	providerFailed: 'AI_CACHE_PROVIDER_FAILED',
	providerTimeout: 'AI_CACHE_PROVIDER_TIMEOUT',
	providerRateLimited: 'AI_CACHE_PROVIDER_RATE_LIMITED',
	storeUnavailable: 'AI_CACHE_STORE_UNAVAILABLE',
} as const;

/* ------------------------------------------------------------------ generation */

export interface CacheDirectives {
	mode?: CacheMode;
	/** Asked life of the answer; bounded by `AI_CACHE_MAX_TTL`. */
	ttl?: number;
	/** Refuse entries older than this. */
	max_age?: number;
	scope?: Scope;
	stale_while_revalidate?: number;
	stale_if_error?: number;
}

/** One more collection, some of its items, or some of their fields, that an answer depends on. */
export interface DependencyDeclaration {
	collection: string;
	items?: (string | number)[];
	fields?: string[];
}

export interface GenerationRequest {
	provider: Provider;
	model: string;
	prompt?: string;
	messages?: JsonValue[];
	system?: string;
	/** Passed to the provider as they are. */
	params?: JsonObject;
	collection?: string;
	item?: string | number;
	items?: (string | number)[];
	fields?: string[];
	tags?: string[];
	depends_on?: DependencyDeclaration[];
	content_type?: ContentType;
	/** Overrides the score read from the provider's signals. */
	confidence?: number;
	cache?: CacheDirectives;
	stream?: boolean;
}

export interface Usage {
	input_tokens: number;
	output_tokens: number;
}

export interface Saved {
	usd: number;
	tokens: number;
	ms: number;
}

export interface GenerationAnswer {
	text: string;
	provider: Provider;
	model: string;
	finish_reason: string | null;
	usage: Usage;
	/** The provider's own body. */
	response: JsonObject;
	cache: {
		status: CacheStatus;
		key: string;
		age: number;
		/** Seconds that the entry still has; 0 when nothing was stored. */
		ttl: number;
		confidence: number;
		cost_tier: CostTier;
		saved: Saved;
		/** Why an answer was not stored, when it was not. */
		not_stored?: string;
	};
}

/** An element of a batch answer: its result or its error, never both. */
export type BatchElement<Result> = { data: Result } | { errors: ApiError[] };

export interface ApiError {
	message: string;
	extensions: { code: string; field?: string; [more: string]: JsonValue | undefined };
}

/* ------------------------------------------------------------------ invalidation */

/** What to drop; criteria are ANDed. */
export interface InvalidationCriteria {
	provider?: Provider;
	model?: string;
	collection?: string;
	items?: (string | number)[];
	fields?: string[];
	tags?: string[];
	key?: string;
	all?: boolean;
}

export interface InvalidationRequest extends InvalidationCriteria {
	/** Measures and drops nothing; `edit`: what an update of these `items` (and `fields`) of `collection` would drop. */
	dry_run?: boolean | 'edit';
}

export interface InvalidationResult {
	/** Live entries dropped, or that would be. */
	entries: number;
	/** What generating them again would cost. */
	usd: number;
	/** Hits that they have served. */
	hits: number;
	bytes: number;
	dry_run: boolean;
}

/** `refresh`: nothing was dropped, but answers were made again after a change of their content. */
export type InvalidationCause = 'purge' | 'event' | 'model_update' | 'version' | 'outage' | 'refresh';

/** What a journal row's criteria do not say. The Studio translates it; `note` says the same in English. */
export type JournalDetail =
	| { kind: 'command_line' | 'flow' }
	/** More was dropped than the criteria cover: the store could not tell the entries apart. */
	| { kind: 'widened' }
	/** Keys that an admin chose one by one. */
	| { kind: 'selection'; entries: number }
	| {
			kind: 'model';
			provider: Provider;
			model: string;
			identifier: 'snapshot' | 'fingerprint';
			from: string;
			to: string;
	  }
	/** Invalidations that waited for the store. `collections` is empty if the row's criteria name the only one. */
	| { kind: 'outage'; invalidations: number; collections: string[]; since: string }
	/** Answers that were generated anew after a change, and those that were not, by reason. */
	| {
			kind: 'refresh';
			generated: number;
			usd: number;
			over_budget: number;
			budget_usd: number;
			unpriced: number;
			refused: number;
			failed: number;
	  };

export interface JournalRow {
	id: string;
	at: string;
	cause: InvalidationCause;
	/** For `event`: the hook's event, as `items.update`. */
	event: string | null;
	/** Directus user id of whom it was done by, where one is known. */
	user: string | null;
	/** The user's name, filled in on reading. */
	user_name?: string | null;
	criteria: InvalidationCriteria;
	/** Dropped; for `refresh`, made again. */
	entries: number;
	/** `details` in English; null if there are none. */
	note: string | null;
	/** Absent in rows without a note, and in those of earlier versions. */
	details?: JournalDetail[];
}

/* ------------------------------------------------------------------ stats */

export interface Figures {
	/** hits + misses + stale: answers that the cache was asked for and could decide. */
	lookups: number;
	hits: number;
	misses: number;
	stale: number;
	/** Hits that joined a generation under way. Included in `hits`. */
	coalesced: number;
	/** Hits and stale answers whose provider told no usage: nothing of theirs is in the tokens and the money saved. */
	hits_without_usage: number;
	/** Requests that went past the cache: asked so, or because the store was away. */
	bypassed: number;
	stored: number;
	/** Of the stored answers and their requests, as packed. */
	stored_bytes: number;
	/** Failed generations. */
	errors: number;
	/** Answers made again after a change of their content, before anybody asked. Included in `stored` and `spent`. */
	refreshed: number;
	/** hits ÷ lookups (stale answers count as hits), 0 where nothing was looked up. */
	hit_rate: number;
	saved: Saved;
	/** What the generations that did reach a provider cost. */
	spent: Saved;
}

export interface ModelFigures extends Figures {
	entries: number;
	/** A price is known: without one its generations count as 0 USD, saved or spent. */
	priced: boolean;
	/** Cache version; raised by an admin or by `AI_CACHE_ON_MODEL_UPDATE=invalidate`. */
	version: number;
	/** The snapshot last named by the provider's answers. */
	snapshot: string | null;
	/** When another snapshot was first seen, where one was. */
	snapshot_changed_at: string | null;
}

export interface ProviderFigures extends Figures {
	entries: number;
	has_key: boolean;
	models: Record<string, ModelFigures>;
}

export interface CollectionFigures extends Figures {
	entries: number;
	last_invalidation: JournalRow | null;
}

export interface SeriesPoint {
	/** Start of the bucket. */
	at: string;
	hits: number;
	misses: number;
	stale: number;
	bypassed: number;
	hit_rate: number;
	saved_usd: number;
	saved_tokens: number;
	saved_ms: number;
	spent_usd: number;
}

export interface StatsReport {
	from: string;
	to: string;
	overall: Figures & { entries: number; bytes: number };
	/** The same length of time just before `from`. */
	previous: Figures;
	/** Always all four, also the unused. */
	providers: Record<Provider, ProviderFigures>;
	collections: Record<string, CollectionFigures>;
	series?: { interval: StatsInterval; points: SeriesPoint[] };
}

/* ------------------------------------------------------------------ entries */

export const ENTRY_SORTS = ['created', 'expires', 'hits', 'size'] as const;
export type EntrySort = (typeof ENTRY_SORTS)[number];

export interface EntrySummary {
	key: string;
	provider: Provider;
	model: string;
	operation: Operation;
	scope: Scope;
	created: string;
	expires: string;
	/** Life given when stored. */
	ttl: number;
	age: number;
	hits: number;
	size: number;
	usd: number;
	cost_tier: CostTier;
	content_type: ContentType;
	collection: string | null;
	items: { collection: string; item: string }[];
	tags: string[];
	/** First 160 characters of the answer, absent where content may not be shown. */
	preview?: string;
}

export interface ConfidenceReason {
	/** Stable name, as `finish_reason_stop`, `low_temperature`, `mean_logprob`. */
	name: string;
	/** Added to the score, which starts at 1. */
	effect: number;
}

export interface EntryDetail extends EntrySummary {
	usage: Usage;
	/** The model's price is known: without one, `usd` is 0. */
	priced: boolean;
	/** How long the generation took. */
	duration_ms: number;
	snapshot: string | null;
	/** base × tier × confidence = ttl; `asked` where the request named its own. */
	ttl_parts: {
		base: number;
		tier_factor: number;
		confidence: number;
		collection_factor: number;
		asked: number | null;
		reasons: ConfidenceReason[];
	};
	dependencies: DependencyDeclaration[];
	/** Absent with `AI_CACHE_STUDIO_SHOW_CONTENT=false`. */
	request?: JsonObject;
	response?: JsonObject;
	text?: string;
}

export interface EntryPage {
	entries: EntrySummary[];
	/** Pass as `?cursor=` for the next page; null on the last. */
	next_cursor: string | null;
	total: number;
}

/* ------------------------------------------------------------------ warming */

export type WarmRequest = { requests: GenerationRequest[]; budget_usd?: number } | { top: number; budget_usd?: number };

export interface WarmCandidate {
	key: string;
	provider: Provider;
	model: string;
	collection: string | null;
	requested: number;
	/** `missing`, or seconds until it expires. */
	state: 'missing' | 'expiring';
	expires_in: number | null;
	/** What it cost when it was generated last; 0 where that is not known any more. */
	usd: number;
	preview?: string;
}

export interface WarmJob {
	id: string;
	state: 'running' | 'done' | 'aborted' | 'over_budget' | 'failed';
	started: string;
	finished: string | null;
	total: number;
	done: number;
	generated: number;
	already_cached: number;
	failed: number;
	/** Requests that no provider was asked for, as what they get cannot be stored. They count as done. */
	left_out: { key: string; model: string; reason: string }[];
	spent_usd: number;
	budget_usd: number | null;
	/** Seconds left at the pace so far; null before it can be told. */
	eta: number | null;
	errors: string[];
}

/* ------------------------------------------------------------------ health and settings */

export interface HealthReport {
	status: 'ok' | 'degraded' | 'down';
	/** What else is wrong, for people; empty if nothing is. */
	problems?: string[];
	store?: {
		kind: 'memory' | 'redis';
		mode: 'embedded' | 'standalone' | 'cluster' | 'sentinel';
		connected: boolean;
		latency_ms: number | null;
		/** Bytes in use, and the bound where there is one. */
		memory: { used: number; max: number | null };
		first_level: { entries: number; used: number; max: number } | null;
		/** Whether this process is told at once that another's generation ended; `none` with the memory store. */
		hints: 'up' | 'down' | 'none';
		breaker: 'closed' | 'open' | 'half-open';
		pending_invalidations: number;
		error: string | null;
	};
	providers?: Record<
		Provider,
		{ has_key: boolean; key_source: 'environment' | 'directus' | null; base_url: string; key_setting: string }
	>;
	version?: string;
}

export interface SettingRow {
	name: string;
	/** Never a secret: those say `set` or `unset`. */
	value: string;
	source: 'environment' | 'default' | 'directus';
	secret: boolean;
}
