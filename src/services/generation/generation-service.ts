import type { BatchElement, CacheStatus, GenerationAnswer, GenerationRequest } from '../../shared/api-types.ts';
import type { AiCache } from '../../cache/cache.ts';
import type { Clock } from '../../cache/clock.ts';
import type { Entry } from '../../cache/entry.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { collectDeclaredDependencies } from '../../content/templates/declared-dependencies.ts';
import { planRequests } from '../../content/templates/prepare-requests.ts';
import { TAG_BYTES, WorkBudget } from '../../content/work-budget.ts';
import { nativeAnswer } from './format-answer.ts';
import type { Asker } from './read-through.ts';
import type { Caller } from '../access/caller.ts';
import { batchElements, type Settled, single } from '../errors/batch-result.ts';
import { InvalidRequestError, NothingCachedError, StoreAwayError } from '../errors/errors.ts';
import { UNREADABLE, unreadable } from './cache-draft.ts';
import type { Exchange, Exchanges } from './provider-request.ts';
import { parseGeneration } from '../validation/generation-schema.ts';
import type { HostContext } from '../host.ts';
import type { LiveStream } from '../streaming/live-stream.ts';
import { eachBounded, type Slots, slots } from '../utils/concurrency.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { asProviderError } from '../errors/provider-failure.ts';

/** One answer, or for a request with `items` one per item. */
export type NativeResult = GenerationAnswer | BatchElement<GenerationAnswer>[];

/** A request's exchange, and the item that its text was rendered from. */
export interface Prepared {
	exchange: Exchange;
	item: string | null;
}

/** The exchanges of one request: one, or one for each item that its template is rendered for. */
export interface PreparedPlan {
	/** The item of each, null without a template. */
	items: readonly (string | null)[];
	/** Reads the item, and renders and reckons one of them. */
	prepare: (index: number) => Promise<Prepared>;
}

/** What all elements of one call share, and their items. */
interface Call {
	/** Limits how many are asked for at the same time. */
	inTurn: Slots;
	work: WorkBudget;
}

/** What a request came to. */
export interface Resolved {
	exchange: Exchange;
	/** Whether its text was rendered from an item, which has to be read again for every request. */
	rendered: boolean;
	entry: Entry;
	status: CacheStatus;
	/** Why it is not in the cache, null where it is. */
	notStored: string | null;
}

/** The native requests: parsed, rendered with the caller's permissions, and answered. */
export class Native {
	readonly #cache: AiCache<LiveStream>;
	readonly #asker: Asker;
	readonly #exchanges: Exchanges;
	readonly #host: HostContext;
	readonly #values: SettingValues;
	readonly #clock: Clock;

	constructor(
		cache: AiCache<LiveStream>,
		asker: Asker,
		exchanges: Exchanges,
		host: HostContext,
		values: SettingValues,
		clock: Clock,
	) {
		this.#cache = cache;
		this.#asker = asker;
		this.#exchanges = exchanges;
		this.#host = host;
		this.#values = values;
		this.#clock = clock;
	}

	/** Read-through for one request. Rejects with errors fit to be shown. */
	async generate(input: unknown, caller: Caller, signal: AbortSignal, call = this.#startCall()): Promise<NativeResult> {
		const resolved = await this.resolve(input, caller, signal, call);
		return Array.isArray(resolved) ? resolved : this.answer(resolved);
	}

	/** The same, not yet written out: the entry of one request, or one element per item. */
	async resolve(
		input: unknown,
		caller: Caller,
		signal: AbortSignal,
		{ inTurn, work }: Call = this.#startCall(),
	): Promise<Resolved | BatchElement<GenerationAnswer>[]> {
		const request = parseGeneration(input);
		const plan = await this.plan(request, caller, work);
		if (request.items === undefined || plan.items[0] === null) {
			return inTurn(async () => this.#ask(await plan.prepare(0), signal));
		}
		let prepared = 0;
		const elements = await this.#each([...plan.items.keys()], (index) =>
			inTurn(async () => {
				const one = await plan.prepare(index);
				prepared++;
				return this.answer(await this.#ask(one, signal));
			}),
		);
		// What is wrong with all of them is wrong with the request.
		if (prepared === 0) return single<never>([elements[0]!] as Settled<never>[]);
		return batchElements(elements);
	}

	/** Writes out what a request came to. */
	answer({ entry, status, notStored }: Resolved): Promise<GenerationAnswer> {
		return nativeAnswer(entry, status, notStored, this.#clock);
	}

	/** Each element with its own result or error, in order; so many at a time as the settings allow. */
	async generateBatch(
		inputs: readonly unknown[],
		caller: Caller,
		signal: AbortSignal,
	): Promise<BatchElement<NativeResult>[]> {
		this.#demandBatchSize(inputs);
		const call = this.#startCall();
		return batchElements(await this.#each(inputs, (input) => this.generate(input, caller, signal, call)));
	}

	/** Reads only; one round trip for the whole batch. Null where nothing is stored. */
	async lookup(inputs: readonly unknown[], caller: Caller): Promise<Settled<Resolved | null>[]> {
		this.#demandBatchSize(inputs);
		const work = new WorkBudget();
		const prepared = await this.#each(inputs, (input) =>
			this.prepareOne(parseGeneration(input), caller, work, {
				field: 'items',
				reason: '"items" with an item template makes one generation per item: look up each with "item"',
			}),
		);
		const asked = prepared.flatMap((element) =>
			'data' in element && element.data.exchange.uncacheable === null ? [element.data] : [],
		);
		const entries = await this.#cache.lookup(asked.map(({ exchange }) => toLookup(exchange))).catch(() => {
			throw new StoreAwayError();
		});
		const found = new Map(asked.map((one, index) => [one, entries[index]]));
		return prepared.map((element) => {
			if ('error' in element) return element;
			const { exchange, item } = element.data;
			const entry = found.get(element.data);
			return { data: entry ? { exchange, rendered: item !== null, entry, status: 'HIT', notStored: null } : null };
		});
	}

	/** The request's exchanges, each of them rendered when it is asked for. */
	async plan(request: GenerationRequest, caller: Caller, work = new WorkBudget()): Promise<PreparedPlan> {
		if (request.item === undefined && request.items === undefined) {
			const content = collectDeclaredDependencies(request);
			const exchange = this.#create(work, request, request, content, caller, null);
			return { items: [null], prepare: async () => ({ exchange, item: null }) };
		}
		const schema = caller.schema ?? (await this.#host.getSchema());
		const context = {
			services: this.#host.services,
			schema,
			accountability: caller.accountability,
			database: this.#host.database,
		};
		const { items, prepare } = planRequests(request, context, work);
		return {
			items,
			prepare: async (index) => {
				const { request: rendered, content, item } = await prepare(index);
				return { exchange: this.#create(work, rendered, request, content, caller, item), item };
			},
		};
	}

	/** All exchanges of the request at once. */
	async prepare(request: GenerationRequest, caller: Caller, work = new WorkBudget()): Promise<Prepared[]> {
		const { items, prepare } = await this.plan(request, caller, work);
		return eachBounded([...items.keys()], this.#values.AI_CACHE_BATCH_CONCURRENCY, prepare);
	}

	/** The exchange of a request that must make no more than one; `refusal` says what is wrong with more. */
	async prepareOne(
		request: GenerationRequest,
		caller: Caller,
		work: WorkBudget,
		refusal: { field: string; reason: string },
	): Promise<Prepared> {
		const plan = await this.plan(request, caller, work);
		if (request.items !== undefined && plan.items[0] !== null) throw new InvalidRequestError(refusal);
		return plan.prepare(0);
	}

	#create(work: WorkBudget, ...parts: Parameters<Exchanges['native']>): Exchange {
		const exchange = this.#exchanges.native(...parts);
		work.spend(exchange.tags.length * TAG_BYTES, 'depends_on');
		return exchange;
	}

	async #ask({ exchange, item }: Prepared, signal: AbortSignal): Promise<Resolved> {
		try {
			const answer = await this.#asker.ask(exchange, { signal, wantsLive: false });
			const { entry, notStored } = await answer.outcome;
			if (notStored === UNREADABLE) throw unreadable(exchange.provider);
			return { exchange, rendered: item !== null, entry, status: answer.status, notStored };
		} catch (error) {
			if (error instanceof NotCachedError) throw new NothingCachedError();
			throw asProviderError(error, exchange.provider);
		}
	}

	#startCall(): Call {
		return { inTurn: slots(this.#values.AI_CACHE_BATCH_CONCURRENCY), work: new WorkBudget() };
	}

	#each<Input, Result>(inputs: readonly Input[], work: (input: Input) => Promise<Result>): Promise<Settled<Result>[]> {
		return eachBounded(inputs, this.#values.AI_CACHE_BATCH_CONCURRENCY, async (input) => {
			try {
				return { data: await work(input) };
			} catch (error) {
				return { error };
			}
		});
	}

	#demandBatchSize(inputs: readonly unknown[]): void {
		const { AI_CACHE_BATCH_MAX: max } = this.#values;
		if (inputs.length <= max) return;
		throw new InvalidRequestError({
			field: '',
			reason: `A batch may have ${max} elements (AI_CACHE_BATCH_MAX), this one has ${inputs.length}`,
		});
	}
}

export const toLookup = ({ key, rank, tags, provider, model, collection, directives }: Exchange) => ({
	key,
	rank,
	tags,
	provider,
	model,
	collection,
	...(directives.max_age !== undefined && { maxAge: directives.max_age }),
});
