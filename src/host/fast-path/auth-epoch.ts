import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../cache/clock.ts';

/** Who may do what, as it stood before Directus authenticated a request. */
interface Epoch {
	/** Of this process's own changes. */
	number: number;
	/** Version of `CALLERS_TAG`; null if nobody may be remembered with it. */
	version: string | null;
}

/**
 * Tells whether a caller whom Directus let in may be remembered: only with a version that was read before, and that this
 * process has known for a while, as Directus may hold older permissions until then.
 */
export class AuthEpochs {
	readonly #clock: Clock;
	readonly #settleMs: number;
	readonly #epochs = new WeakMap<IncomingMessage, Epoch>();
	#latest: { version: string; since: number } | null = null;
	#number = 0;

	constructor(clock: Clock, settleMs: number) {
		this.#clock = clock;
		this.#settleMs = settleMs;
	}

	/** To be called at a change in this process. */
	end(): void {
		this.#number++;
	}

	/** To be called before Directus authenticates the request. */
	note(request: IncomingMessage, version: string | null): void {
		const now = this.#clock.now();
		// A version that could not be read says nothing: none is ever given twice, so the latest is as old as it was.
		if (version !== null && this.#latest?.version !== version) this.#latest = { version, since: now };
		const settled = this.#latest !== null && now - this.#latest.since >= this.#settleMs;
		this.#epochs.set(request, { number: this.#number, version: settled ? version : null });
	}

	has(request: IncomingMessage): boolean {
		return this.#epochs.has(request);
	}

	/** The version that the request's caller may be remembered with, or null. */
	find(request: IncomingMessage): string | null {
		const epoch = this.#epochs.get(request);
		return epoch?.number === this.#number ? epoch.version : null;
	}
}
