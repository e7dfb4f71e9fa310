import type { CacheStatus } from '../../shared/api-types.ts';
import type { Reservation, Store } from '../store.ts';
import type { StoreBudget } from './store-deadline.ts';

/** Headers of an answer whose body is still to come. */
export type AnswerHead = Readonly<Record<string, string>>;

/** What a leader shares with those who joined it: what streams already, and how it ends. */
export interface Flight<Live, Outcome> {
	/** Settles when the upstream began to answer; undefined where there is nothing to follow but the outcome. */
	readonly live: Promise<Live | undefined>;
	/** Settles when the head of the upstream's answer is there, if that is told at all; undefined if it never is. */
	readonly head: Promise<AnswerHead | undefined>;
	/** Settles when the leader has its turn, or failed before; null then. */
	readonly proof: Promise<Proof | null>;
	readonly outcome: Promise<Outcome>;
	readonly tags: readonly string[];
	/** Joins; the answer leaves again. The generation is aborted once everybody has left. */
	join(): () => void;
}

/** What a leader knows about how current its answer is. */
export interface Proof {
	/** By `Flights.tick`: whoever asked before this gets nothing older than they may. */
	at: number;
	/** What the leader captured; null if the store was not reached, or another process made the answer. */
	reservation: Reservation | null;
}

/**
 * Whether whoever asked at that tick gets nothing older from the flight than a generation of their own would make: the
 * leader captured the versions of its tags later, or a read that is sent now finds them unchanged.
 */
export async function isProven(
	{ proof }: Pick<Flight<unknown, unknown>, 'proof'>,
	asked: number,
	store: Pick<Store, 'stillHolds'>,
	budget: StoreBudget,
): Promise<boolean> {
	const proven = await proof;
	if (proven === null || proven.at > asked) return true;
	return proven.reservation !== null && budget.within(store.stillHolds(proven.reservation)).catch(() => false);
}

/** Generations under way in this process, one per key. */
export class Flights<Live, Outcome> {
	readonly #flights = new Map<string, Flight<Live, Outcome>>();
	#ticks = 0;

	get(key: string): Flight<Live, Outcome> | undefined {
		return this.#flights.get(key);
	}

	/** A number that is higher than any before. */
	tick(): number {
		return ++this.#ticks;
	}

	get size(): number {
		return this.#flights.size;
	}

	/**
	 * Starts one. `fly` is told by `signal` when nobody waits any more. It gives `prove` what its answer is made of, `launch`
	 * what can be followed, and `announce` the head of an answer whose body takes its time.
	 * The flight is known by its key until the outcome is there, or until a newer one takes its place.
	 */
	start(
		key: string,
		tags: readonly string[],
		fly: (
			signal: AbortSignal,
			launch: (live: Live | undefined) => void,
			announce: (head: AnswerHead | undefined) => void,
			prove: (proof: Proof) => void,
		) => Promise<Outcome>,
	): Flight<Live, Outcome> {
		const controller = new AbortController();
		let launch: (live: Live | undefined) => void = () => {};
		const live = new Promise<Live | undefined>((resolve) => (launch = resolve));
		let announce: (head: AnswerHead | undefined) => void = () => {};
		const head = new Promise<AnswerHead | undefined>((resolve) => (announce = resolve));
		let prove: (proof: Proof | null) => void = () => {};
		const proof = new Promise<Proof | null>((resolve) => (prove = resolve));
		const outcome = fly(controller.signal, launch, announce, prove).finally(() => {
			announce(undefined);
			prove(null);
			launch(undefined);
			if (this.#flights.get(key) === flight) this.#flights.delete(key);
		});
		// Its failure is told to whoever waits; nobody may be waiting.
		outcome.catch(() => {});
		let aboard = 0;
		const flight: Flight<Live, Outcome> = {
			live,
			head,
			proof,
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
