import type { RedisContext } from '../connection/context.ts';
import { noteEvictions } from '../index/index-query.ts';
import type { Sweeper } from './sweeper.ts';

/** How often what is over is cleared away. Expired entries stay readable for longer than that. */
export const JANITOR_EVERY_MS = 60_000;

/** Clears away, once a minute in one process of all: sweeps that a process left undone, and expired entries. */
export class Janitor {
	readonly #context: RedisContext;
	readonly #sweeper: Sweeper;
	#timer: NodeJS.Timeout | undefined;

	constructor(context: RedisContext, sweeper: Sweeper) {
		this.#context = context;
		this.#sweeper = sweeper;
	}

	start(): void {
		this.#timer = setInterval(() => void this.#take(), JANITOR_EVERY_MS);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	async clean(): Promise<void> {
		await noteEvictions(this.#context);
		await this.#sweeper.sweepAbandoned();
		await this.#sweeper.dropExpired();
	}

	async #take(): Promise<void> {
		const { client, keys, events } = this.#context;
		try {
			if ((await client.set(keys.janitor, '1', 'PX', JANITOR_EVERY_MS - 1000, 'NX')) !== null) await this.clean();
		} catch (error) {
			events.error(error);
		}
	}
}
