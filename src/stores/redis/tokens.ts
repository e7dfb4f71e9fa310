import { LRUCache } from 'lru-cache';
import type { Tag } from '../../cache/dependencies.ts';

/** What this process knows of a tag's token. Revoked once, never trusted again: the next reader makes a new one. */
export interface KnownToken {
	readonly tag: Tag;
	/** Undefined until Redis has told. */
	value: string | undefined;
	revoked: boolean;
}

/**
 * The tokens that the bus keeps current. A token is put in *before* Redis is asked for its value, so that a revocation
 * that overtakes the reply still finds it.
 */
export class TokenTable {
	readonly #table: LRUCache<Tag, KnownToken>;

	constructor(max: number) {
		// Not `max`, which would have room for all of them made at the start.
		this.#table = new LRUCache({ maxSize: max, sizeCalculation: () => 1, dispose: (token) => (token.revoked = true) });
	}

	expect(tag: Tag): KnownToken {
		let token = this.#table.get(tag);
		if (token === undefined) {
			token = { tag, value: undefined, revoked: false };
			this.#table.set(tag, token);
		}
		return token;
	}

	/** Takes in what Redis said; a token that changed without a word on the bus (evicted, made anew) is revoked. */
	learn(token: KnownToken, value: string | undefined): void {
		if (token.revoked || token.value === value) return;
		if (token.value === undefined && value !== undefined) token.value = value;
		else this.revoke(token.tag);
	}

	revoke(tag: Tag): void {
		this.#table.delete(tag);
	}

	clear(): void {
		this.#table.clear();
	}
}
