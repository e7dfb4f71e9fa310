import { type Accounting, identityOf } from '../stats/request-metrics.ts';
import type { Clock } from '../clock.ts';
import { packSection } from '../entry-codec.ts';
import type { Dependencies, Tag } from '../tags/tags.ts';
import type { Entry } from '../entry.ts';
import { StoreUnavailableError, TooLargeError } from '../errors.ts';
import type { CacheRequest, Generated, Outcome } from './types.ts';
import { newId } from '../ids.ts';
import type { Models } from '../model-versions.ts';
import { usable } from '../proven-reads.ts';
import type { AnswerHead } from './single-flight.ts';
import type { Identity } from '../stats/recorder.ts';
import type { Commit, Reservation, Store } from '../store.ts';
import { StoreBudget } from './store-deadline.ts';

export interface GeneratorSettings {
	/** Milliseconds that the store may cost a request before it goes on without. */
	storeBudgetMs: number;
	/** Bytes above which a section is compressed. */
	compressAbove: number;
	/** Life of a reservation in milliseconds; it is renewed while its generation goes on. */
	leaseMs: number;
	/** Milliseconds that a request waits for another process's generation before it makes its own. */
	maxWaitMs: number;
	/** Whether a generation failed before its provider was asked: that is no failure of the provider's. */
	neverAsked?: (error: unknown) => boolean;
}

/**
 * The right to generate, what another process stored meanwhile, or neither where the store is away. `at`: when the store
 * was last asked for it.
 */
export type Turn = { at: number } & ({ reservation: Reservation } | { entry: Entry } | { away: true });

/** Why an answer is not stored whose generation had no reservation. */
export const NOT_RESERVED = 'store_unavailable';

/** How long a waiting process trusts the wake-up message before it looks by itself. */
const POLL_MS = 250;

/** One generation: its turn among the processes, the call, and the storing of what came. */
export class Generator {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #accounting: Accounting;
	readonly #models: Models;
	readonly #settings: GeneratorSettings;

	constructor(store: Store, clock: Clock, accounting: Accounting, models: Models, settings: GeneratorSettings) {
		this.#store = store;
		this.#clock = clock;
		this.#accounting = accounting;
		this.#models = models;
		this.#settings = settings;
	}

	/** Waits for its turn; `accepts` says whether another process's answer will do, `tick` what time it is. */
	async turn(
		request: CacheRequest<unknown>,
		first: StoreBudget,
		force: boolean,
		accepts: (entry: Entry) => boolean,
		tick: () => number,
		signal: AbortSignal,
	): Promise<Turn> {
		let at: number;
		const until = this.#clock.now() + this.#settings.maxWaitMs;
		let budget = first;
		try {
			for (;;) {
				at = tick();
				const reservation = await this.#begin(request, budget, force);
				if (reservation) {
					const entry = force ? undefined : usable(reservation.replaces);
					if (entry === undefined || !accepts(entry)) return { at, reservation };
					await this.#store.release(reservation);
					return { at, entry };
				}
				await this.#store.waitFor(request.key, POLL_MS);
				signal.throwIfAborted();
				// The time that another's generation takes is not the store's: each look after it has a budget of its own.
				budget = new StoreBudget(this.#settings.storeBudgetMs, this.#clock);
				at = tick();
				const [found] = await budget.within(this.#store.lookup([request]));
				const entry = usable(found);
				if (entry && accepts(entry)) return { at, entry };
				if (this.#clock.now() > until) return { at: tick(), away: true };
			}
		} catch (error) {
			if (error instanceof StoreUnavailableError) return { at: tick(), away: true };
			throw error;
		}
	}

	/** Calls the provider and stores what comes; `launch` is told as soon as it streams, `announce` as soon as its head is there. */
	async generate<Live>(
		request: CacheRequest<Live>,
		reservation: Reservation | null,
		signal: AbortSignal,
		launch: (live: Live | undefined) => void,
		announce: (head: AnswerHead) => void,
	): Promise<Outcome> {
		const renewal = reservation && this.keepRenewing([reservation]);
		try {
			const generation = await request.generate(signal, announce);
			launch(generation.live);
			const generated = await generation.done;
			const { shared = false } = generation;
			if (!shared) this.#accounting.spent(request, generated);
			return { ...(await this.#conclude(request, reservation, generated)), shared };
		} catch (error) {
			if (!signal.aborted && this.#isFailure(error)) this.#accounting.failed(request);
			if (reservation) this.#release(reservation);
			throw error;
		} finally {
			if (renewal) clearInterval(renewal);
		}
	}

	/** Until the timer is cleared. */
	keepRenewing(reservations: readonly Reservation[]): NodeJS.Timeout {
		const { leaseMs } = this.#settings;
		const renew = (): void => {
			for (const reservation of reservations) this.#store.renew(reservation, leaseMs).catch(() => {});
		};
		return setInterval(renew, leaseMs / 3).unref();
	}

	/** The entry that a generation makes. */
	async entry(
		identity: Identity,
		{ key, tags }: { key: string; tags: readonly Tag[] },
		dependencies: Dependencies,
		{ draft }: Generated,
	): Promise<Entry> {
		const { body, request, systemFingerprint: _, ...meta } = draft;
		const created = this.#clock.now();
		const { compressAbove } = this.#settings;
		return {
			meta: {
				...meta,
				...identityOf(identity),
				key,
				created,
				expires: created + meta.ttl * 1000,
				content: dependencies.content,
				freeTags: dependencies.tags,
				tags,
			},
			body: await packSection(body, compressAbove),
			request: await packSection(request, compressAbove),
		};
	}

	async #conclude(
		request: CacheRequest<unknown>,
		reservation: Reservation | null,
		generated: Generated,
	): Promise<Outcome> {
		const { draft, refused } = generated;
		const { provider, model } = request;
		void this.#models.observe(provider, model, draft.snapshot, draft.systemFingerprint).catch(() => {});
		const entry = await this.entry(request, request, request.dependencies, generated);
		if (reservation === null) return { entry, notStored: refused ?? NOT_RESERVED };
		if (refused !== null || entry.meta.ttl <= 0) {
			this.#release(reservation);
			return { entry, notStored: refused ?? 'no_ttl' };
		}
		return { entry, notStored: await this.#commit(request, { reservation, entry }) };
	}

	/** Waits for the store, so that the next request hits, but no longer than the budget. */
	async #commit(identity: Identity, commit: Commit): Promise<string | null> {
		try {
			const budget = new StoreBudget(this.#settings.storeBudgetMs, this.#clock);
			const [result] = await budget.within(this.#store.commit([commit]));
			if (result !== 'stored') return result ?? NOT_RESERVED;
			this.#accounting.stored(identity, commit.entry);
			return null;
		} catch {
			this.#release(commit.reservation);
			return NOT_RESERVED;
		}
	}

	async #begin(request: CacheRequest<unknown>, budget: StoreBudget, force: boolean): Promise<Reservation | null> {
		const { key, tags } = request;
		const begun = this.#store.begin({ key, tags, owner: newId(), force, leaseMs: this.#settings.leaseMs });
		try {
			return await budget.within(begun);
		} catch (error) {
			begun.then((late) => late && this.#release(late)).catch(() => {});
			throw error;
		}
	}

	#isFailure(error: unknown): boolean {
		return !(error instanceof TooLargeError) && this.#settings.neverAsked?.(error) !== true;
	}

	#release(reservation: Reservation): void {
		this.#store.release(reservation).catch(() => {});
	}
}
