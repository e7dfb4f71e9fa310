import type { GenerationRequest } from '../../shared/api-types.ts';
import type { WorkBudget } from '../../content/work-budget.ts';
import { callerOf } from '../access/caller.ts';
import type { Callers } from '../access/caller-repository.ts';
import type { Exchange, Exchanges } from './provider-request.ts';
import type { Native } from './generation-service.ts';
import type { WarmRecord } from './request-record.ts';

/** A request that was made before. */
export interface Remembered {
	record: WarmRecord;
	/** As it was asked last, with what stood in the content then. */
	exchange: Exchange;
}

/** Makes again requests that were made before. */
export class Reviver {
	readonly #exchanges: Exchanges;
	readonly #native: Pick<Native, 'prepare'>;
	readonly #callers: Pick<Callers, 'restore'>;

	constructor(exchanges: Exchanges, native: Pick<Native, 'prepare'>, callers: Pick<Callers, 'restore'>) {
		this.#exchanges = exchanges;
		this.#native = native;
		this.#callers = callers;
	}

	/** Null where the bytes are no record. */
	recall(bytes: Buffer | null): Remembered | null {
		if (bytes === null) return null;
		try {
			return this.remember(JSON.parse(bytes.toString()) as WarmRecord);
		} catch {
			return null;
		}
	}

	/** Throws where the record makes no request. */
	remember(record: WarmRecord): Remembered {
		const { user, role, native = null, headers, query = '', body: asked } = record.request;
		// Providers refuse options of a stream that is none.
		const { stream: _, stream_options: __, ...body } = asked;
		const exchange = this.#exchanges.create({
			...record,
			body,
			rawBody: null,
			headers,
			query,
			caller: { ...callerOf(null), admin: false, user, role },
			native: native as GenerationRequest | null,
		});
		return { record, exchange };
	}

	/**
	 * As the same caller would make it now: an item template is rendered from the content of now, read with the
	 * permissions that they have now. Null where they may not make it any more, or `work` has no room for it.
	 */
	async renew({ record, exchange }: Remembered, work?: WorkBudget): Promise<Exchange | null> {
		const { item, request, directives, unrestricted } = record;
		if (item === null || request.native === undefined) return exchange;
		try {
			const caller = await this.#callers.restore({ user: request.user, unrestricted });
			if (caller === null) return null;
			const { items: _, stream: __, ...template } = request.native as unknown as GenerationRequest;
			const [prepared] = await this.#native.prepare({ ...template, item, cache: directives }, caller, work);
			return prepared?.exchange ?? null;
		} catch {
			return null;
		}
	}
}
