import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../cache/clock.ts';

/** A caller whom Directus itself let in a moment ago. */
export interface Admitted {
	user: string | null;
	role: string | null;
	/** What Directus' middlewares had set on the response by then, as name and value in turn. */
	headers: readonly (readonly [name: string, value: string | readonly string[]])[];
	/** Of who may do what, read before Directus let them in. */
	version: string;
}

interface Memo {
	until: number;
	admitted: Admitted;
}

const MAX_CALLERS = 5000;

/**
 * Tokens that Directus let in, each for one client address and for a few seconds. Keeps a hash of the token alone, and
 * forgets all of them at any change of who may do what.
 */
export class AuthMemo {
	readonly #memos = new LRUCache<string, Memo>({ maxSize: MAX_CALLERS, sizeCalculation: () => 1 });
	readonly #clock: Clock;
	readonly #lifeMs: number;

	constructor(clock: Clock, lifeMs: number) {
		this.#clock = clock;
		this.#lifeMs = lifeMs;
	}

	/** `expires`: a JWT's own end in milliseconds since the epoch. */
	remember(token: string, address: string, admitted: Admitted, expires: number): void {
		const until = Math.min(this.#clock.now() + this.#lifeMs, expires);
		this.#memos.set(nameOf(token, address), { until, admitted });
	}

	recall(token: string, address: string): Admitted | undefined {
		const memo = this.#memos.get(nameOf(token, address));
		return memo !== undefined && memo.until > this.#clock.now() ? memo.admitted : undefined;
	}

	forget(): void {
		this.#memos.clear();
	}
}

const nameOf = (token: string, address: string): string => hash('sha256', `${address}\n${token}`, 'base64');
