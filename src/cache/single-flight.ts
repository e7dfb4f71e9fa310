import type { CacheStatus } from '../contract.ts';

/** Headers of an answer whose body is still to come. */
export type AnswerHead = Readonly<Record<string, string>>;

/** What a leader shares with those who joined it: what streams already, and how it ends. */
export interface Flight<Live, Outcome> {
	/** Settles when the upstream began to answer; undefined where there is nothing to follow but the outcome. */
	readonly live: Promise<Live | undefined>;
	/** Settles when the head of the upstream's answer is there, if that is told at all; undefined if it never is. */
	readonly head: Promise<AnswerHead | undefined>;
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
	 * Starts one. `fly` is told by `signal` when nobody waits any more, and gives `launch` what can be followed, `announce` the
	 * head of an answer whose body takes its time.
	 * The flight is known by its key until the outcome is there, or until a newer one takes its place.
	 */
	start(
		key: string,
		tags: readonly string[],
		fly: (
			signal: AbortSignal,
			launch: (live: Live | undefined) => void,
			announce: (head: AnswerHead | undefined) => void,
		) => Promise<Outcome>,
	): Flight<Live, Outcome> {
		const controller = new AbortController();
		let launch: (live: Live | undefined) => void = () => {};
		const live = new Promise<Live | undefined>((resolve) => (launch = resolve));
		let announce: (head: AnswerHead | undefined) => void = () => {};
		const head = new Promise<AnswerHead | undefined>((resolve) => (announce = resolve));
		const outcome = fly(controller.signal, launch, announce).finally(() => {
			announce(undefined);
			launch(undefined);
			if (this.#flights.get(key) === flight) this.#flights.delete(key);
		});
		// Its failure is told to whoever waits; nobody may be waiting.
		outcome.catch(() => {});
		let aboard = 0;
		const flight: Flight<Live, Outcome> = {
			live,
			head,
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

interface Passenger {
	/** Aborted when it leaves. */
	signal: AbortSignal;
	onHead?: (status: CacheStatus, head: AnswerHead) => void;
}

/** Keeps the flight going until its caller leaves. `status`: what the caller's answer is by now. */
export async function aboard<Arrived>(
	{ signal, onHead }: Passenger,
	flight: Flight<unknown, unknown>,
	status: () => CacheStatus,
	travel: (leave: () => void) => Promise<Arrived>,
): Promise<Arrived> {
	const disembark = flight.join();
	const leave = (): void => {
		signal.removeEventListener('abort', leave);
		disembark();
	};
	signal.addEventListener('abort', leave);
	// The signal may outlive the flight: nothing of it must hold on to what was answered.
	const landed = (): void => signal.removeEventListener('abort', leave);
	flight.outcome.then(landed, landed);
	if (signal.aborted) leave();
	if (onHead) void flight.head.then((head) => head && onHead(status(), head));
	try {
		return await travel(leave);
	} catch (error) {
		leave();
		throw error;
	}
}
