import type { Redis } from 'ioredis';
import { chunks, type Client, isCluster, readKeys, send } from '../connection/client.ts';
import type { DataLossDetector } from '../connection/data-loss-detector.ts';

/** Names in one command: Redis answers a command whole before it turns to others. */
export const MAX_NAMES = 512;

export type Values = (Buffer | null)[];

/** What is read together, each name once. */
interface Turn {
	places: Map<string, number>;
	values: Promise<Values>;
}

/**
 * Reads what all callers of one turn of the event loop need by one command, and proves that a master answered it which
 * has lost nothing. Every value was read after the call: a command is sent when nobody can join it any more.
 */
export class ReadBatcher {
	readonly #client: Client;
	readonly #detector: DataLossDetector;
	#turn: Turn | null = null;

	constructor(client: Client, detector: DataLossDetector) {
		this.#client = client;
		this.#detector = detector;
	}

	/** The values in order. Rejects if Redis does not answer, is no master, or has lost invalidations. */
	async read(names: readonly string[]): Promise<Values> {
		const turn = (this.#turn ??= this.#start());
		const indexes = names.map((name) => {
			const index = turn.places.get(name) ?? turn.places.size;
			turn.places.set(name, index);
			return index;
		});
		const values = await turn.values;
		return indexes.map((index) => values[index] ?? null);
	}

	#start(): Turn {
		const places = new Map([[this.#detector.numberName, 0]]);
		// Requests that came in together have a callback each: later than the end of this one.
		const values = new Promise<void>((resolve) => void setImmediate(resolve)).then(() => {
			this.#turn = null;
			return this.#send([...places.keys()]);
		});
		return { places, values };
	}

	async #send(names: readonly string[]): Promise<Values> {
		const checkNumber = this.#detector.expectNumber();
		const values = await (isCluster(this.#client) ? readKeys(this.#client, names) : this.#readAll(this.#client, names));
		checkNumber(values[0] ?? null);
		return values;
	}

	/** Past the client's own batching, which would take another turn; in one write with the proof behind it. */
	async #readAll(client: Redis, names: readonly string[]): Promise<Values> {
		const stream = client.stream as Redis['stream'] | undefined;
		stream?.cork();
		const parts = [...chunks(names, MAX_NAMES)].map((part) => send(client, ['mget', ...part]) as Promise<Values>);
		const all = Promise.all([Promise.all(parts), this.#detector.proveMaster(client)]);
		stream?.uncork();
		const [values] = await all;
		return values.flat();
	}
}
