import type { Clock } from './clock.ts';
import { StoreUnavailableError } from './errors.ts';

/** The time that one request may spend on the store before it goes on without it. */
export class StoreBudget {
	readonly #clock: Clock;
	#left: number;

	/** @param milliseconds for all calls of the request together */
	constructor(milliseconds: number, clock: Clock) {
		this.#left = milliseconds;
		this.#clock = clock;
	}

	/** The promise, or `StoreUnavailableError` once the budget is used up. Its time counts towards the budget. */
	async within<Result>(promise: Promise<Result>): Promise<Result> {
		const started = this.#clock.now();
		let timer: NodeJS.Timeout | undefined;
		const deadline = new Promise<never>((_, reject) => {
			const giveUp = (): void => reject(new StoreUnavailableError('no answer in time'));
			// A process that was busy itself finds the timer and the store's answer due at once: the answer counts.
			timer = setTimeout(() => setImmediate(giveUp), Math.max(0, this.#left));
		});
		try {
			return await Promise.race([promise, deadline]);
		} catch (error) {
			promise.catch(() => {});
			throw error instanceof StoreUnavailableError
				? error
				: new StoreUnavailableError('it answered with an error', { cause: error });
		} finally {
			clearTimeout(timer);
			this.#left -= this.#clock.now() - started;
		}
	}
}
