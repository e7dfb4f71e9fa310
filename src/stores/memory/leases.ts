import type { Clock } from '../../cache/clock.ts';
import type { Tag } from '../../cache/tags/tags.ts';

interface Lease {
	owner: string;
	until: number;
	tags: readonly Tag[];
	waiters: Set<() => void>;
}

/** Who generates which key in this process. */
export class Leases {
	readonly #leases = new Map<string, Lease>();
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** False where another holds it and `force` is not set. */
	take(key: string, owner: string, tags: readonly Tag[], leaseMs: number, force: boolean): boolean {
		const held = this.#leases.get(key);
		if (held && held.until > this.#clock.now() && !force) return false;
		this.#leases.set(key, { owner, until: this.#clock.now() + leaseMs, tags, waiters: held?.waiters ?? new Set() });
		return true;
	}

	holds(key: string, owner: string): boolean {
		const lease = this.#leases.get(key);
		return lease !== undefined && lease.owner === owner && lease.until > this.#clock.now();
	}

	renew(key: string, owner: string, leaseMs: number): boolean {
		const lease = this.#leases.get(key);
		if (lease?.owner !== owner) return false;
		lease.until = this.#clock.now() + leaseMs;
		return true;
	}

	end(key: string, owner?: string): void {
		const lease = this.#leases.get(key);
		if (lease === undefined || (owner !== undefined && lease.owner !== owner)) return;
		this.#leases.delete(key);
		for (const wake of lease.waiters) wake();
	}

	/** Ends every lease whose tags meet the condition, and names their keys. */
	endMatching(matches: (tags: readonly Tag[]) => boolean): string[] {
		const ended = [...this.#leases].filter(([, { tags }]) => matches(tags)).map(([key]) => key);
		for (const key of ended) this.end(key);
		return ended;
	}

	/** Settles when the key's lease ends or runs out, or after `timeoutMs`. */
	wait(key: string, timeoutMs: number): Promise<void> {
		const lease = this.#leases.get(key);
		if (lease === undefined) return Promise.resolve();
		const left = lease.until - this.#clock.now();
		if (left <= 0) return Promise.resolve();
		return new Promise((resolve) => {
			const wake = (): void => {
				clearTimeout(timer);
				lease.waiters.delete(wake);
				resolve();
			};
			const timer = setTimeout(wake, Math.min(timeoutMs, left));
			lease.waiters.add(wake);
		});
	}
}
