import type { GenerationRequest, JsonObject } from '../../shared/api-types.ts';
import type { AiCache, PutItem } from '../../cache/cache.ts';
import { ttlLeft } from './format-answer.ts';
import type { Clock } from '../../cache/clock.ts';
import { WorkBudget } from '../../content/work-budget.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import type { Settled } from '../errors/batch-result.ts';
import { eachBounded } from '../utils/concurrency.ts';
import type { Caller } from '../access/caller.ts';
import { draftOf } from './cache-draft.ts';
import { InvalidRequestError, StoreAwayError } from '../errors/errors.ts';
import type { Exchange } from './provider-request.ts';
import { parse } from '../validation/generation-schema.ts';
import type { LiveStream } from '../streaming/live-stream.ts';
import type { Native } from './generation-service.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { bodyFromText, type StoreRequest, storeSchema } from '../validation/store-schema.ts';

export interface StoredAnswer {
	key: string;
	stored: boolean;
	/** Seconds. */
	ttl: number;
	not_stored?: string;
}

/** `POST /store`: puts answers that were obtained elsewhere. */
export class Putter {
	readonly #cache: AiCache<LiveStream>;
	readonly #native: Native;
	readonly #pricing: Pricing;
	readonly #values: SettingValues;
	readonly #clock: Clock;

	constructor(cache: AiCache<LiveStream>, native: Native, pricing: Pricing, values: SettingValues, clock: Clock) {
		this.#cache = cache;
		this.#native = native;
		this.#pricing = pricing;
		this.#values = values;
		this.#clock = clock;
	}

	/** In order, each with its result or error; one pipelined write for all. */
	async store(inputs: readonly unknown[], caller: Caller): Promise<Settled<StoredAnswer>[]> {
		const { AI_CACHE_BATCH_MAX: max } = this.#values;
		if (inputs.length > max) {
			throw new InvalidRequestError({
				field: '',
				reason: `A batch may have ${max} elements (AI_CACHE_BATCH_MAX), this one has ${inputs.length}`,
			});
		}
		const { AI_CACHE_BATCH_CONCURRENCY: concurrency } = this.#values;
		const work = new WorkBudget();
		const elements = await eachBounded(inputs, concurrency, (input) => this.#prepare(input, caller, work));
		const items = elements.flatMap((element) => ('item' in element && element.refused === null ? [element.item] : []));
		const outcomes = await this.#cache.put(items).catch(() => {
			throw new StoreAwayError();
		});
		const byItem = new Map(items.map((item, index) => [item, outcomes[index]!]));
		return elements.map((element) => {
			if ('error' in element) return element;
			const outcome = byItem.get(element.item);
			const notStored = element.refused ?? outcome?.notStored ?? null;
			const ttl = outcome && notStored === null ? ttlLeft(outcome.entry, this.#clock) : 0;
			const { key } = element.item;
			return { data: { key, stored: notStored === null, ttl, ...(notStored !== null && { not_stored: notStored }) } };
		});
	}

	async #prepare(
		input: unknown,
		caller: Caller,
		work: WorkBudget,
	): Promise<{ item: PutItem; refused: string | null } | { error: unknown }> {
		try {
			const request = parse(storeSchema(), input);
			const exchange = await this.#exchange(request, caller, work);
			const parsed = (request.response as JsonObject | undefined) ?? bodyFromText(request, request.text ?? '');
			if (exchange.dialect.read(exchange.operation, parsed) === null) {
				throw new InvalidRequestError({ field: 'response', reason: `"response" is no ${request.provider} answer` });
			}
			const bytes = Buffer.from(JSON.stringify(parsed));
			const raw = { bytes, parsed, durationMs: request.duration_ms ?? 0, requestId: null };
			const generated = draftOf(exchange, raw, this.#values, this.#pricing);
			const { key, dependencies } = exchange;
			const refused = generated.refused ?? (generated.draft.ttl > 0 ? null : 'no_ttl');
			return { item: { key, identity: exchange, dependencies, generated }, refused };
		} catch (error) {
			return { error };
		}
	}

	async #exchange(request: StoreRequest, caller: Caller, work: WorkBudget): Promise<Exchange> {
		const { response: _, text: __, duration_ms: ___, ...asked } = request;
		const { items, ...rest } = asked as GenerationRequest;
		const one = items?.length === 1 ? { ...rest, item: items[0]! } : { ...rest, ...(items && { items }) };
		const { exchange } = await this.#native.prepareOne(one, caller, work, {
			field: 'items',
			reason: '"items" with an item template makes several requests: store each with "item"',
		});
		return exchange;
	}
}
