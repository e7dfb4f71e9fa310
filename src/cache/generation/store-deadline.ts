import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../errors.ts';
import { patientTimer } from './busy-aware-timer.ts';

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
		let cancel = (): void => {};
		const deadline = new Promise<never>((_, reject) => {
			const giveUp = (): void => reject(new StoreUnavailableError('no answer in time'));
			cancel = patientTimer(Math.max(0, this.#left), () => setImmediate(giveUp));
		});
		try {
			return await Promise.race([promise, deadline]);
		} catch (error) {
			promise.catch(() => {});
			this.#left = 0;
			throw error instanceof StoreUnavailableError
				? error
				: new StoreUnavailableError('it answered with an error', { cause: error });
		} finally {
			cancel();
			this.#spend(this.#clock.now() - started);
		}
	}

	/** An answer that came in spite of taking longer was kept waiting by this process itself: see `patientTimer`. */
	#spend(milliseconds: number): void {
		if (milliseconds <= this.#left) this.#left -= milliseconds;
	}
}
