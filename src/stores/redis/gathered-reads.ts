import type { Redis } from 'ioredis';
import { send } from './client.ts';

/** Names in one command: Redis answers a command whole before it turns to others, and an entry may have megabytes. */
export const MAX_NAMES = 64;

type Values = (Buffer | null)[];

interface Waiting {
	settle: (values: Values) => void;
	fail: (error: unknown) => void;
}

/** What one command reads, for whom. */
class Batch {
	readonly names: string[] = [];
	readonly #places = new Map<string, number>();
	readonly #waiting: Waiting[] = [];

	join<Result>(names: readonly string[], use: (values: Values) => Result | PromiseLike<Result>): Promise<Result> {
		const places = names.map((name) => this.#placeOf(name));
		return new Promise((resolve, reject) => {
			const settle = (values: Values): void => resolve(use(places.map((place) => values[place] ?? null)));
			this.#waiting.push({ settle, fail: reject });
		});
	}

	answer(values: Values): void {
		for (const { settle, fail } of this.#waiting) {
			try {
				settle(values);
			} catch (error) {
				fail(error);
			}
		}
	}

	fail(error: unknown): void {
		for (const { fail } of this.#waiting) fail(error);
	}

	#placeOf(name: string): number {
		let place = this.#places.get(name);
		if (place === undefined) this.#places.set(name, (place = this.names.push(name) - 1));
		return place;
	}
}

/**
 * Reads what all callers of one turn of the event loop want together, each name once. What a caller gets was read after
 * it called: a command is sent when nobody can join it any more.
 */
export class GatheredReads {
	readonly #client: Redis;
	#batches: Batch[] = [];

	constructor(client: Redis) {
		this.#client = client;
	}

	/**
	 * What `use` makes of the values of the names, in their order. Rejects where Redis does not answer or is not connected.
	 * The names of one call are read by one command.
	 */
	read<Result>(names: readonly string[], use: (values: Values) => Result | PromiseLike<Result>): Promise<Result> {
		// Later than the end of this callback: requests that came in together have a callback each.
		if (this.#batches.length === 0) setImmediate(() => this.#send());
		let batch = this.#batches.at(-1);
		if (batch === undefined || batch.names.length + names.length > MAX_NAMES) {
			this.#batches.push((batch = new Batch()));
		}
		return batch.join(names, use);
	}

	/** Past the client's own gathering of commands, which would take another turn. */
	#send(): void {
		for (const batch of this.#batches.splice(0)) {
			send(this.#client, ['mget', ...batch.names]).then(
				(values) => batch.answer(values as Values),
				(error: unknown) => batch.fail(error),
			);
		}
	}
}
