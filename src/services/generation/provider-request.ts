import type {
	CacheDirectives,
	ContentType,
	GenerationRequest,
	JsonObject,
	Operation,
	Provider,
	Scope,
} from '../../shared/api-types.ts';
import { type Dependencies, dependencyTagsUpTo, type Tag } from '../../cache/tags/tags.ts';
import { fingerprint } from '../../cache/cache-key.ts';
import type { Models } from '../../cache/model-versions.ts';
import { withExactNumbers } from '../../providers/json/lossless-json.ts';
import { fingerprintHeaders, significantHeaders, type ReceivedHeaders } from '../../providers/http/headers.ts';
import type { ProviderDialect } from '../../providers/adapter.ts';
import { dialects } from '../../providers/registry.ts';
import { type Caller, scopeIdOf } from '../access/caller.ts';
import { InvalidRequestError } from '../errors/errors.ts';
import { baseUrlSetting } from '../config/settings.ts';
import type { CollectionSettings, SettingValues } from '../config/settings-schema.ts';
import { demandDepth } from '../validation/depth-guard.ts';

/** A request in its provider's dialect, with all that the cache has to know of it. The same for every door. */
export interface Exchange {
	provider: Provider;
	model: string;
	operation: Operation;
	dialect: ProviderDialect;
	baseUrl: string;
	/** The provider's request body; `stream` as the caller asked. */
	body: JsonObject;
	/**
	 * The caller's own bytes, which go upstream as they are where they can be read in one way alone. Null where there are
	 * none, or Directus did not keep them: then `body` is written out, and is all that was asked.
	 */
	rawBody: Buffer | null;
	/** Headers that change the answer. */
	headers: Record<string, string>;
	/** What of the query does; empty where there is none. */
	query: string;
	/** Whether `body` is all that was asked: the caller's own bytes may hold whole numbers that lose digits in it. */
	exact: boolean;
	key: string;
	collection: string | null;
	dependencies: Dependencies;
	tags: readonly Tag[];
	scope: Scope;
	directives: CacheDirectives;
	contentType: ContentType;
	ttlFactor: number;
	/** Given by the request in place of the provider's signals. */
	confidence: number | null;
	/** A stable word for why nothing is looked up or stored, null where it is. */
	uncacheable: string | null;
	caller: Caller;
	/** The native request where it was one, with its item template unrendered. */
	native: GenerationRequest | null;
	/** The item that its text was rendered from, null where it holds no template. */
	item: string | null;
	/** What it is counted under among those asked most: that of an item template outlives each of its renderings. */
	rank: string;
}

export interface ExchangeParts extends Pick<
	Exchange,
	'provider' | 'operation' | 'body' | 'rawBody' | 'caller' | 'native'
> {
	/** As in the exchange; null where it is absent. */
	item?: string | null;
	headers: ReceivedHeaders;
	/** As in the exchange; empty where it is absent. */
	query?: string;
	collection: string | null;
	dependencies: Dependencies;
	directives: CacheDirectives;
	contentType: ContentType | null;
	confidence: number | null;
}

/** As on the native routes: figures are kept by this name, whether there is such a model or not. */
const MAX_MODEL_LENGTH = 256;

/** A thousand items, each with some of its fields. */
const MAX_TAGS = 10_000;

/** Reckons key, tags and policy of a request. Pure but for the models' versions. */
export class Exchanges {
	readonly #values: SettingValues;
	readonly #models: Pick<Models, 'version'>;
	readonly #isListening: () => boolean;

	/** `isListening`: whether changes of the content reach this process; what depends on content is not cached if not. */
	constructor(values: SettingValues, models: Pick<Models, 'version'>, isListening: () => boolean = () => true) {
		this.#isListening = isListening;
		this.#values = values;
		this.#models = models;
	}

	create(parts: ExchangeParts): Exchange {
		const { provider, operation, body, caller, directives } = parts;
		demandDepth(body);
		const dialect = dialects[provider];
		const model = body['model'];
		if (typeof model !== 'string' || model === '')
			throw new InvalidRequestError({ field: 'model', reason: '"model" is missing' });
		if (model.length > MAX_MODEL_LENGTH) {
			const reason = `"model" is longer than ${MAX_MODEL_LENGTH} characters`;
			throw new InvalidRequestError({ field: 'model', reason });
		}
		const settings = this.#collection(parts.collection);
		const scope = directives.scope ?? settings?.scope ?? this.#values.AI_CACHE_SCOPE;
		const baseUrl = this.#values[baseUrlSetting(provider)].replace(/\/+$/, '');
		const headers = significantHeaders(dialect, parts.headers);
		const tags = dependencyTagsUpTo(MAX_TAGS, provider, model, parts.dependencies);
		if (tags === null) {
			throw new InvalidRequestError({
				field: fieldOfMost(parts.native),
				reason: `The answer would depend on more than ${MAX_TAGS} things, each item and each field of an item being one`,
			});
		}
		const { native, item = null, query = '', rawBody } = parts;
		const asked = rawBody === null ? body : withExactNumbers(body, rawBody);
		const identity = {
			provider,
			baseUrl,
			operation,
			model,
			modelVersion: this.#models.version(provider, model),
			scope,
			scopeId: scopeIdOf(scope, caller),
			headers: { ...fingerprintHeaders(headers), ...(query !== '' && { '?': query }) },
		};
		const key = fingerprint({ ...identity, body: dialect.fingerprintBody(operation, asked) });
		return {
			...parts,
			model,
			dialect,
			baseUrl,
			headers,
			query,
			exact: asked === body,
			tags,
			scope,
			key,
			item,
			rank: native !== null && item !== null ? fingerprint({ ...identity, body: templateOf(native, item) }) : key,
			contentType: parts.contentType ?? settings?.content_type ?? 'standard',
			ttlFactor: settings?.ttl_factor ?? 1,
			uncacheable: this.#uncacheable(parts) ?? dialect.uncacheable(operation, body),
		};
	}

	/** Writes a native request, its text rendered from that item where it has a template, in its provider's dialect. */
	native(
		request: GenerationRequest,
		original: GenerationRequest,
		content: Dependencies['content'],
		caller: Caller,
		item: string | null = null,
	): Exchange {
		const dialect = dialects[request.provider];
		const body = dialect.toBody(request);
		return this.create({
			provider: request.provider,
			operation: dialect.nativeOperation,
			body: request.stream ? { ...body, ...dialect.streaming } : body,
			rawBody: null,
			headers: {},
			caller,
			native: original,
			item,
			collection: request.collection ?? null,
			dependencies: { content, tags: request.tags ?? [] },
			directives: request.cache ?? {},
			contentType: request.content_type ?? null,
			confidence: request.confidence ?? null,
		});
	}

	#uncacheable({ collection, dependencies }: ExchangeParts): string | null {
		if (this.#collection(collection)?.enabled === false) return 'collection_off';
		return dependencies.content.length > 0 && !this.#isListening() ? 'hook_off' : null;
	}

	#collection(collection: string | null): CollectionSettings | undefined {
		return collection === null ? undefined : this.#values.AI_CACHE_COLLECTIONS?.[collection];
	}
}

/** Which field to blame for too many dependencies. */
function fieldOfMost(native: GenerationRequest | null): string {
	if (native?.depends_on !== undefined) return 'depends_on';
	return native?.items !== undefined ? 'items' : 'collection';
}

/** What stays the same of a request, whatever its item's fields are changed to. */
function templateOf({ collection, prompt, system, messages, params }: GenerationRequest, item: string): JsonObject {
	return {
		template: {
			item,
			...(collection !== undefined && { collection }),
			...(prompt !== undefined && { prompt }),
			...(system !== undefined && { system }),
			...(messages && { messages }),
			...(params && { params }),
		},
	};
}
