import type { CacheStatus } from '../shared/api-types.ts';
import { Accounting, type OnGenerated } from './stats/request-metrics.ts';
import type { Clock } from './clock.ts';
import type { Entry, Found } from './entry.ts';
import { NotCachedError, TooLargeError } from './errors.ts';
import type { Answer, CacheRequest, Generated, Outcome } from './generation/types.ts';
import { Generator, type GeneratorSettings, NOT_RESERVED } from './generation/leader.ts';
import type { Models } from './model-versions.ts';
import { type PlaceItem, Places } from './generation/batch-reservation.ts';
import { isTooOld, isWithinStale } from './policy/freshness.ts';
import { ProvenReads, type StateVersions, usable } from './proven-reads.ts';
import { aboard, type Flight, Flights, isProven } from './generation/single-flight.ts';
import type { Identity, StatsRecorder } from './stats/recorder.ts';
import type { CommitResult, Lookup, Store } from './store.ts';
import { StoreBudget } from './generation/store-deadline.ts';
import { widened } from './generation/merge-dependencies.ts';

export interface AiCacheSettings extends GeneratorSettings {
	onGenerated?: OnGenerated;
}

/** What identifies a look-up and bounds what may answer it. `maxAge` in seconds; `rank` as in `CacheRequest`. */
export type CountedLookup = Lookup & Identity & { maxAge?: number; rank?: string };

/** An answer obtained elsewhere. */
export interface PutItem extends PlaceItem {
	generated: Generated;
}

/** Generations that fail a request as their follower before it reports the failure, or generates by itself. */
const MAX_FAILED_LEADERS = 1;

/** What a look-up finds in a store that is away. */
const AWAY = { found: undefined, away: true } as const;

/** Outcomes that their leader may have, who asked before, but not those who asked after the content had changed. */
const OUTDATED: ReadonlySet<string | null> = new Set(['invalidated', 'superseded'] satisfies CommitResult[]);

/** Looks up, generates once for all who ask at the same time, and stores. `Live` is what a stream's followers get. */
export class AiCache<Live> {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #stats: StatsRecorder;
	readonly #accounting: Accounting;
	readonly reads: ProvenReads;
	readonly #settings: AiCacheSettings;
	readonly #generator: Generator;
	readonly #flights = new Flights<Live, Outcome>();

	constructor(store: Store, clock: Clock, stats: StatsRecorder, models: Models, settings: AiCacheSettings) {
		this.#store = store;
		this.#clock = clock;
		this.#stats = stats;
		this.#accounting = new Accounting(stats, settings.onGenerated);
		this.reads = new ProvenReads(store, models, clock);
		this.#settings = settings;
		this.#generator = new Generator(store, clock, this.#accounting, models, settings);
	}

	/**
	 * Hits, counted, by reads that were sent after the call; or undefined, none of them counted, if one is missing or the
	 * versions are not accepted. One round trip.
	 */
	async prove(
		requests: readonly CountedLookup[],
		accepts: (versions: StateVersions) => boolean,
	): Promise<Entry[] | undefined> {
		const entries = await this.reads.hits(requests, accepts);
		if (entries === undefined) return undefined;
		for (const [index, request] of requests.entries()) this.#lookedUp(request, entries[index]!);
		return entries;
	}

	/**
	 * Never calls a provider. One round trip for the whole batch; undefined where nothing valid is stored. `missCounts`:
	 * false where what is missing is asked for and counted next.
	 */
	async lookup(requests: readonly CountedLookup[], missCounts = true): Promise<(Entry | undefined)[]> {
		const found = await this.reads.lookup(requests);
		return requests.map((request, index) => {
			const entry = usable(found[index]);
			if (entry === undefined || isTooOld(entry, request.maxAge, this.#clock.now())) {
				if (missCounts) this.#accounting.miss(request, 'MISS');
				return undefined;
			}
			this.#lookedUp(request, entry);
			return entry;
		});
	}

	/**
	 * The cached answer, or one generation for all who ask meanwhile, stored where it may be.
	 * Rejects with what `generate` rejected with, or with `NotCachedError` for `only-if-cached`.
	 */
	async resolve(request: CacheRequest<Live>): Promise<Answer<Live>> {
		if (request.mode === 'no-store') return this.#bypass(request);
		const asked = this.#flights.tick();
		if (request.record && !request.background) this.#stats.requested(request.rank ?? request.key, request.record());
		const budget = new StoreBudget(this.#settings.storeBudgetMs, this.#clock);
		if (request.mode === 'no-cache') return this.#lead(request, budget, 'REFRESH');
		const { found, away } = request.storeAway ? AWAY : await this.#find(request, budget);
		const entry = usable(found);
		if (entry && !isTooOld(entry, request.maxAge, this.#clock.now())) return this.#hit(request, entry, 'HIT');
		if (found && this.#stillGiven(found, request, request.staleWhileRevalidate)) {
			this.#revalidate(request, budget);
			return this.#hit(request, found.entry, 'STALE');
		}
		const kept = entry || away ? undefined : await this.#kept(request, budget);
		if (kept) return this.#hit(request, kept, 'STALE');
		if (request.mode === 'only-if-cached') {
			this.#miss(request, 'MISS');
			throw new NotCachedError();
		}
		try {
			return await this.#join(widened(request, found), budget, entry ? 'REFRESH' : away ? 'BYPASS' : 'MISS', asked);
		} catch (error) {
			// RFC 5861 §4: rather than an error, where the caller said so; never for content that changed.
			if (!found || request.signal.aborted || !this.#stillGiven(found, request, request.staleIfError)) throw error;
			return this.#hit(request, found.entry, 'STALE');
		}
	}

	/** Stores answers obtained elsewhere, in two round trips whatever their number. */
	async put(items: readonly PutItem[]): Promise<Outcome[]> {
		const places = await this.reserve(items);
		return places.fill(items.map(({ generated }) => generated));
	}

	/** Captures what answers that are yet to come depend on, in one round trip. To be filled or released. */
	reserve(items: readonly PlaceItem[]): Promise<Places> {
		return Places.reserve(this.#store, this.#generator, this.#accounting, items, this.#settings.leaseMs);
	}

	/** Generations under way in this process. */
	get underWay(): number {
		return this.#flights.size;
	}

	async #find(request: CacheRequest<Live>, budget: StoreBudget): Promise<{ found: Found | undefined; away: boolean }> {
		try {
			const [found] = await budget.within(this.reads.lookup([request]));
			return { found, away: false };
		} catch {
			return AWAY;
		}
	}

	/** What a change of the content took, where the request allows it: see `KeptPlace`. */
	async #kept(request: CacheRequest<Live>, budget: StoreBudget): Promise<Entry | undefined> {
		const { kept: place, staleWhileRevalidate, key } = request;
		if (!place || !staleWhileRevalidate) return undefined;
		const [kept] = await budget.within(this.#store.lookup([place])).catch(() => []);
		if (!kept || !this.#stillGiven(kept, request, staleWhileRevalidate)) return undefined;
		const { meta } = kept.entry;
		if (this.#clock.now() >= meta.expires + place.leaveMs) this.#revalidate(request, budget);
		return { ...kept.entry, meta: { ...meta, key } };
	}

	#lookedUp(request: CountedLookup, entry: Entry): void {
		this.#accounting.hit(request, entry, 'HIT');
		this.#stats.requested(request.rank ?? request.key, null);
	}

	#hit(request: CacheRequest<Live>, entry: Entry, status: 'HIT' | 'STALE' | 'COALESCED'): Answer<Live> {
		if (!request.background) this.#accounting.hit(request, entry, status);
		return { status, entry, outcome: Promise.resolve({ entry, notStored: null }), leave: () => {} };
	}

	#miss(request: CacheRequest<Live>, status: CacheStatus): void {
		if (!request.background) this.#accounting.miss(request, status);
	}

	/** RFC 5861 §3: the answer that expired a moment ago is made anew behind the one that is given. */
	#revalidate(request: CacheRequest<Live>, budget: StoreBudget): void {
		if (request.mode === 'only-if-cached' || this.#flights.get(request.key)) return;
		const alone = { ...request, signal: new AbortController().signal, wantsLive: false, background: true };
		this.#lead(alone, budget, 'MISS').catch(() => {});
	}

	#stillGiven(found: Found, { maxAge }: CacheRequest<Live>, seconds: number | undefined): boolean {
		return isWithinStale(found, { maxAge, seconds }, this.#clock.now());
	}

	/** Follows whoever generates this key in this process, or does it. `asked`: the tick at which the request came. */
	async #join(
		request: CacheRequest<Live>,
		budget: StoreBudget,
		status: CacheStatus,
		asked: number,
	): Promise<Answer<Live>> {
		for (let failures = 0; ; failures++) {
			const flight = this.#flights.get(request.key);
			const covers = flight && request.tags.every((tag) => flight.tags.includes(tag));
			if (!covers || failures > MAX_FAILED_LEADERS) return this.#lead(request, budget, status);
			let answer: Answer<Live> | 'unproven' | 'outdated' = 'outdated';
			try {
				answer = await this.#follow(request, flight, asked);
			} catch (error) {
				// The leader's failure is its own: a follower tries once more, with a leader from among the followers. An answer
				// too large to be shared is no failure: who may follow none of its streams has one alone in the end.
				const failed = failures >= MAX_FAILED_LEADERS && !(error instanceof TooLargeError);
				if (request.signal.aborted || failed) throw error;
			}
			if (answer === 'unproven') return this.#lead(request, budget, status);
			if (answer !== 'outdated') return answer;
		}
	}

	/** `unproven`, or `outdated`, if its answer may be older than a change of what it depends on. */
	async #follow(
		request: CacheRequest<Live>,
		flight: Flight<Live, Outcome>,
		asked: number,
	): Promise<Answer<Live> | 'unproven' | 'outdated'> {
		return aboard(
			request,
			flight,
			() => 'COALESCED',
			async (leave) => {
				const budget = new StoreBudget(this.#settings.storeBudgetMs, this.#clock);
				if (!(await isProven(flight, asked, this.#store, budget))) {
					leave();
					return 'unproven';
				}
				const live = request.wantsLive ? await flight.live : undefined;
				if (live === undefined || request.joins?.(live) === false) {
					const { entry, notStored } = await flight.outcome;
					if (OUTDATED.has(notStored)) return 'outdated';
					return { ...this.#hit(request, entry, 'COALESCED'), outcome: flight.outcome, leave };
				}
				flight.outcome
					.then(({ entry }) => this.#hit(request, entry, 'COALESCED'))
					.catch((error: unknown) => error instanceof TooLargeError && this.#accounting.shared(request));
				return { status: 'COALESCED', live, outcome: flight.outcome, leave };
			},
		);
	}

	/** Generates, unless another process has or does. */
	async #lead(request: CacheRequest<Live>, budget: StoreBudget, asked: CacheStatus): Promise<Answer<Live>> {
		let status = asked;
		const force = asked === 'REFRESH';
		const flight = this.#flights.start(request.key, request.tags, async (signal, launch, announce, prove) => {
			const tick = (): number => this.#flights.tick();
			const accepts = (entry: Entry): boolean => !isTooOld(entry, request.maxAge, this.#clock.now());
			const turn =
				asked === 'BYPASS'
					? { at: tick(), away: true }
					: await this.#generator.turn(request, budget, force, accepts, tick, signal);
			const reservation = 'reservation' in turn ? turn.reservation : null;
			prove({ at: turn.at, reservation });
			if ('entry' in turn) {
				status = 'COALESCED';
				return { entry: turn.entry, notStored: null };
			}
			if (reservation === null) status = 'BYPASS';
			const outcome = await this.#generator.generate(request, reservation, signal, launch, announce);
			if (outcome.shared) status = 'COALESCED';
			return outcome;
		});
		return aboard(
			request,
			flight,
			() => status,
			async (leave) => {
				const live = await flight.live;
				if (live === undefined || !request.wantsLive) {
					const outcome = await flight.outcome;
					if (status === 'COALESCED') return this.#hit(request, outcome.entry, 'COALESCED');
					this.#miss(request, status);
					return { status, outcome: Promise.resolve(outcome), leave };
				}
				this.#miss(request, status);
				return { status, live, outcome: flight.outcome, leave };
			},
		);
	}

	async #bypass(request: CacheRequest<Live>): Promise<Answer<Live>> {
		const flights = new Flights<Live, Outcome>();
		const flight = flights.start(request.key, request.tags, async (signal, launch, announce) => {
			const outcome = await this.#generator.generate(request, null, signal, launch, announce);
			return { ...outcome, notStored: outcome.notStored === NOT_RESERVED ? 'no_store' : outcome.notStored };
		});
		return aboard(
			request,
			flight,
			() => 'BYPASS',
			async (leave) => {
				const live = await flight.live;
				const follows = live !== undefined && request.wantsLive;
				const outcome = follows ? flight.outcome : Promise.resolve(await flight.outcome);
				this.#miss(request, 'BYPASS');
				return { status: 'BYPASS', ...(follows && { live }), outcome, leave };
			},
		);
	}
}
