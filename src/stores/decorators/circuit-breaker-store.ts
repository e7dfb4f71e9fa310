import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { StoreUnavailableError } from '../../cache/errors.ts';
import type { Begin, Lookup, Reservation, Store, StoreHealth } from '../../cache/store.ts';
import { timeLimit } from '../../cache/timeout.ts';
import { type CallKind, WrappedStore } from './store-decorator.ts';

export interface ResilientOptions {
	/** Milliseconds for one call on the way of a request. */
	requestTimeoutMs: number;
	administrationTimeoutMs: number;
	/** For what takes as long as there are entries. */
	bulkTimeoutMs: number;
	/** Failures in a row on the way of requests after which the store is left alone. */
	failures: number;
	/** Milliseconds until it is tried again, with one call. */
	retryAfterMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

const DEFAULTS: ResilientOptions = {
	requestTimeoutMs: 250,
	administrationTimeoutMs: 5000,
	bulkTimeoutMs: 60_000,
	failures: 5,
	retryAfterMs: 1000,
};

/**
 * A store that may be slow or away: every call settles within its time, and whatever goes wrong is a
 * `StoreUnavailableError`. After some failures in a row, requests fail at once until one tried call succeeds.
 */
export class ResilientStore extends WrappedStore {
	readonly #limits: Record<CallKind, number>;
	readonly #breaker: CircuitBreakerPolicy;

	constructor(inner: Store, options: Partial<ResilientOptions> = {}) {
		super(inner);
		const settings = { ...DEFAULTS, ...options };
		this.#limits = {
			request: settings.requestTimeoutMs,
			administration: settings.administrationTimeoutMs,
			bulk: settings.bulkTimeoutMs,
		};
		this.#breaker = circuitBreaker(handleAll, {
			halfOpenAfter: settings.retryAfterMs,
			breaker: new ConsecutiveBreaker(settings.failures),
		});
	}

	get state(): BreakerState {
		if (this.#breaker.state === CircuitState.Closed) return 'closed';
		return this.#breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
	}

	/** A reservation that came too late for its caller holds up nobody else. */
	override begin(request: Begin): Promise<Reservation | null> {
		return this.around(
			'request',
			() => this.inner.begin(request),
			(late) => this.#giveBack([late]),
		);
	}

	override beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		const call = (): Promise<Reservation[]> => this.inner.beginMany(requests, owner, leaseMs);
		return this.around('request', call, (late) => this.#giveBack(late));
	}

	override waitFor(key: string, timeoutMs: number): Promise<void> {
		return timeLimit(timeoutMs + this.#limits.request, () => this.inner.waitFor(key, timeoutMs));
	}

	override health(): Promise<StoreHealth> {
		return timeLimit(this.#limits.administration, () => this.inner.health());
	}

	protected override async around<Result>(
		kind: CallKind,
		call: () => Promise<Result>,
		late?: (result: Result) => void,
	): Promise<Result> {
		const bounded = (): Promise<Result> => timeLimit(this.#limits[kind], call, late);
		try {
			return await (kind === 'request' ? this.#breaker.execute(bounded) : bounded());
		} catch (error) {
			if (error instanceof StoreUnavailableError) throw error;
			throw new StoreUnavailableError('it failed several times in a row', { cause: error });
		}
	}

	#giveBack(reservations: readonly (Reservation | null)[]): void {
		for (const reservation of reservations) if (reservation) this.inner.release(reservation).catch(() => {});
	}
}
