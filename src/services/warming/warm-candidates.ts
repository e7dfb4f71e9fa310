import type { Clock } from '../../cache/clock.ts';
import type { Store } from '../../cache/store.ts';
import { WorkBudget } from '../../content/work-budget.ts';
import { eachBounded } from '../utils/concurrency.ts';
import type { Exchange } from '../generation/provider-request.ts';
import type { Remembered, Reviver } from '../generation/request-replayer.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import type { SkippedRequests } from './skipped-requests.ts';

/** An entry with less than this part of its life left counts as about to expire. */
const EXPIRING_PART = 0.1;
/** A request that was made once is not asked often. */
const LEAST_REQUESTED = 2;
/** How many of what is asked most are looked through for `top` that are missing. */
const LOOK_THROUGH = 4;

export interface Candidate {
	exchange: Exchange;
	requested: number;
	/** Seconds, null where it is missing. */
	expiresIn: number | null;
	/** What it cost when it was generated last; 0 where that is not known any more. */
	usd: number;
}

/** One of those that are asked most. */
interface Asked extends Remembered {
	requested: number;
	usd?: number;
}

/** Finds what is asked most and missing or about to expire. */
export class WarmCandidates {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #reviver: Reviver;
	readonly #skipped: SkippedRequests;
	readonly #values: SettingValues;

	constructor(store: Store, clock: Clock, reviver: Reviver, skipped: SkippedRequests, values: SettingValues) {
		this.#store = store;
		this.#clock = clock;
		this.#reviver = reviver;
		this.#skipped = skipped;
		this.#values = values;
	}

	/** `skipped`: those whose answers cannot be stored. */
	async find(count: number): Promise<{ wanted: Candidate[]; skipped: Exchange[] }> {
		const requested = await this.#store.topRequested(count * LOOK_THROUGH);
		const remembered = requested.flatMap(({ count: times, record }): Asked[] => {
			if (Math.round(times) < LEAST_REQUESTED) return [];
			const one = this.#reviver.recall(record);
			return one ? [{ ...one, requested: Math.round(times) }] : [];
		});
		const asked = await this.#wanting(remembered);
		const work = new WorkBudget();
		const renewed = await eachBounded(asked, this.#values.AI_CACHE_BATCH_CONCURRENCY, async (one) => {
			const exchange = await this.#reviver.renew(one, work);
			return exchange && { ...one, exchange };
		});
		const all = await this.#wanting(renewed.filter((one) => one !== null));
		const reasons = await eachBounded(all, this.#values.AI_CACHE_BATCH_CONCURRENCY, ({ exchange }) =>
			this.#skipped.reasonFor(exchange.key),
		);
		const askable = all.filter((_, index) => reasons[index] === null);
		const skipped = all.filter((_, index) => reasons[index] !== null).map(({ exchange }) => exchange);
		const wanted = askable.slice(0, count).map(({ exchange, requested: times, expiresIn, usd }): Candidate => {
			if (expiresIn === null) return { exchange, requested: times, expiresIn, usd };
			const afresh: Exchange = { ...exchange, directives: { ...exchange.directives, mode: 'no-cache' } };
			return { exchange: afresh, requested: times, expiresIn, usd };
		});
		return { wanted, skipped };
	}

	/** Those that are missing or about to expire. */
	async #wanting<One extends Asked>(asked: readonly One[]): Promise<(One & Pick<Candidate, 'expiresIn' | 'usd'>)[]> {
		const found = await this.#store.lookup(asked.map(({ exchange: { key, tags } }) => ({ key, tags })));
		const now = this.#clock.now();
		return asked.flatMap((one, index): (One & Pick<Candidate, 'expiresIn' | 'usd'>)[] => {
			const place = found[index];
			const usd = place?.entry.meta.usd ?? one.usd ?? 0;
			if (place?.state !== 'fresh') return [{ ...one, expiresIn: null, usd }];
			const left = (place.entry.meta.expires - now) / 1000;
			if (left > place.entry.meta.ttl * EXPIRING_PART) return [];
			return [{ ...one, expiresIn: Math.floor(left), usd }];
		});
	}
}
