import type { EntryDetail, EntryPage, EntrySummary, JsonObject } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import { existenceTag, freeTag, itemTag, criteriaTagSets } from '../../cache/tags/tags.ts';
import type { Entry, EntryMeta, EntryQuery, StoredRequest } from '../../cache/entry.ts';
import type { Store } from '../../cache/store.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import { dialects } from '../../providers/registry.ts';
import { ageOf, bodyOf } from '../generation/format-answer.ts';
import { InvalidRequestError, NotFoundError } from '../errors/errors.ts';

/** The entries as an admin browses them. */
export class Entries {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #pricing: Pick<Pricing, 'outputPrice'>;
	readonly #showContent: boolean;

	/** `showContent` false leaves prompts and answers out. */
	constructor(store: Store, clock: Clock, pricing: Pick<Pricing, 'outputPrice'>, showContent: boolean) {
		this.#pricing = pricing;
		this.#store = store;
		this.#clock = clock;
		this.#showContent = showContent;
	}

	async page(query: EntryQuery): Promise<EntryPage> {
		const { item, tag, collection, provider, model } = query;
		if (item !== undefined && collection === undefined) {
			throw new InvalidRequestError({ field: 'item', reason: '"item" needs "collection"' });
		}
		const sets = criteriaTagSets({
			...(provider && { provider }),
			...(model !== undefined && { model }),
			...(collection !== undefined && { collection }),
		});
		if (item !== undefined && collection !== undefined)
			sets.push([itemTag(collection, item), existenceTag(collection, item)]);
		if (tag !== undefined) sets.push([freeTag(tag)]);
		const page = await this.#store.browse({ ...query, previewHidden: !this.#showContent }, sets);
		return {
			entries: page.entries.map(({ entry, size, hits }) => this.#summary(entry.meta, size, hits)),
			next_cursor: page.nextCursor,
			total: page.total,
		};
	}

	/** Rejects with 404 where there is none that is still valid for its age. */
	async detail(key: string): Promise<EntryDetail> {
		const found = await this.#store.read(key);
		if (!found || found.entry.meta.expires <= this.#clock.now()) {
			throw new NotFoundError({ reason: `There is no entry with the key "${key}"` });
		}
		const { entry, size, hits } = found;
		const { meta } = entry;
		return {
			...this.#summary(meta, size, hits),
			usage: meta.usage,
			priced: this.#pricing.outputPrice(meta.provider, meta.model) !== null,
			duration_ms: meta.durationMs,
			snapshot: meta.snapshot,
			ttl_parts: meta.ttlParts,
			dependencies: meta.content.map(({ collection, items, fields }) => ({
				collection,
				...(items && { items: [...items] }),
				...(fields && { fields: [...fields] }),
			})),
			...(this.#showContent && (await contentOf(entry))),
		};
	}

	#summary(meta: EntryMeta, size: number, hits: number): EntrySummary {
		return {
			key: meta.key,
			provider: meta.provider,
			model: meta.model,
			operation: meta.operation,
			scope: meta.scope,
			created: new Date(meta.created).toISOString(),
			expires: new Date(meta.expires).toISOString(),
			ttl: meta.ttl,
			age: ageOf({ meta } as Entry, this.#clock),
			hits,
			size,
			usd: meta.usd,
			cost_tier: meta.costTier,
			content_type: meta.contentType,
			collection: meta.collection,
			items: meta.content.flatMap(({ collection, items }) => (items ?? []).map((item) => ({ collection, item }))),
			tags: [...meta.freeTags],
			...(this.#showContent && { preview: meta.preview }),
		};
	}
}

async function contentOf(entry: Entry): Promise<{ request: JsonObject; response: JsonObject; text: string }> {
	const { body } = JSON.parse((await unpackSection(entry.request)).toString()) as StoredRequest;
	const response = await bodyOf(entry);
	const text = dialects[entry.meta.provider].read(entry.meta.operation, response)?.text ?? '';
	return { request: body, response, text };
}
