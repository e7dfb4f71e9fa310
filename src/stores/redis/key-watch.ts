/** A look-up of a key that is under way. */
export interface Watched {
	readonly key: string;
	/** The key's entry was replaced or removed meanwhile: what the look-up read is not to be kept. */
	touched: boolean;
}

/** Keys whose look-up is under way. */
export class KeyWatch {
	readonly #watched = new Map<string, Set<Watched>>();

	begin(key: string): Watched {
		const watched: Watched = { key, touched: false };
		const others = this.#watched.get(key);
		if (others) others.add(watched);
		else this.#watched.set(key, new Set([watched]));
		return watched;
	}

	end(watched: Watched): void {
		const others = this.#watched.get(watched.key);
		others?.delete(watched);
		if (others?.size === 0) this.#watched.delete(watched.key);
	}

	touch(key: string): void {
		for (const watched of this.#watched.get(key) ?? []) watched.touched = true;
	}
}
