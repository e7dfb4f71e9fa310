import type { Store } from '../../cache/store.ts';
import { UpstreamFailure } from '../errors/provider-failure.ts';

const LIFE_MS = 7 * 24 * 3_600_000;

/** Why an answer is not stored this time, and may be the next. */
const PASSING = new Set(['invalidated', 'superseded', 'store_unavailable']);

/**
 * The requests whose answers cannot be stored, by key, with the reason: to warm them is to pay for nothing each time. A
 * request whose content or model version changed has another key, and is tried again.
 */
export class SkippedRequests {
	readonly #store: Pick<Store, 'getDocument' | 'putDocument'>;

	constructor(store: Pick<Store, 'getDocument' | 'putDocument'>) {
		this.#store = store;
	}

	/** Null if it may be asked. */
	reasonFor(key: string): Promise<string | null> {
		return this.#store.getDocument(nameOf(key)).catch(() => null);
	}

	async note(key: string, reason: string): Promise<void> {
		if (PASSING.has(reason)) return;
		await this.#store.putDocument(nameOf(key), reason, LIFE_MS).catch(() => {});
	}
}

const nameOf = (key: string): string => `warm-skip:${key}`;

/** Whether the provider refused the request itself: a rate limit, a wrong key or an outage passes. */
export const isLasting = (error: unknown): boolean =>
	error instanceof UpstreamFailure && [400, 404, 413, 422].includes(error.status);
