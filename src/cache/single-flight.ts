/** What a leader shares with those who joined it: what streams already, and how it ends. */
export interface Flight<Live, Outcome> {
	/** Settles when the upstream began to answer; undefined where there is nothing to follow but the outcome. */
	readonly live: Promise<Live | undefined>;
	readonly outcome: Promise<Outcome>;
	readonly tags: readonly string[];
	/** Joins; the answer leaves again. The generation is aborted once everybody has left. */
	join(): () => void;
}

/** Generations under way in this process, one per key. */
export class Flights<Live, Outcome> {
	readonly #flights = new Map<string, Flight<Live, Outcome>>();

	get(key: string): Flight<Live, Outcome> | undefined {
		return this.#flights.get(key);
	}

	/** Lets those at the keys, and those that depend on one of the tags, go on, but nobody join them any more. */
	forget(tags: readonly string[], keys: readonly string[] = []): void {
		for (const key of keys) this.#flights.delete(key);
		if (tags.length === 0) return;
		const revoked = new Set(tags);
		for (const [key, flight] of this.#flights) {
			if (flight.tags.some((tag) => revoked.has(tag))) this.#flights.delete(key);
		}
	}

	get size(): number {
		return this.#flights.size;
	}

	/**
	 * Starts one. `fly` is told by `signal` when nobody waits any more, and gives `launch` what can be followed.
	 * The flight is known by its key until the outcome is there, or until a newer one takes its place.
	 */
	start(
		key: string,
		tags: readonly string[],
		fly: (signal: AbortSignal, launch: (live: Live | undefined) => void) => Promise<Outcome>,
	): Flight<Live, Outcome> {
		const controller = new AbortController();
		let launch: (live: Live | undefined) => void = () => {};
		const live = new Promise<Live | undefined>((resolve) => (launch = resolve));
		const outcome = fly(controller.signal, launch).finally(() => {
			launch(undefined);
			if (this.#flights.get(key) === flight) this.#flights.delete(key);
		});
		// Its failure is told to whoever waits; nobody may be waiting.
		outcome.catch(() => {});
		let aboard = 0;
		const flight: Flight<Live, Outcome> = {
			live,
			outcome,
			tags,
			join: () => {
				aboard++;
				let left = false;
				return () => {
					if (left) return;
					left = true;
					if (--aboard === 0) controller.abort();
				};
			},
		};
		this.#flights.set(key, flight);
		return flight;
	}
}
