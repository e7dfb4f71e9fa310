import type { Provider } from '../../shared/api-types.ts';
import type { Tag } from '../../cache/tags/tags.ts';
import { type Found, type HeldFigures, NONE_HELD } from '../../cache/entry.ts';
import { StoreUnavailableError } from '../../cache/errors.ts';
import type { Begin, CarriedOut, Invalidation, Lookup, ModelState, Reservation, Store } from '../../cache/store.ts';
import type { Outbox, PendingWork } from './outbox.ts';
import { Settlement } from './outbox-drain.ts';
import { timeLimit, unavailable } from '../../cache/timeout.ts';
import { type CallKind, WrappedStore } from './store-decorator.ts';

export interface GuardedOptions {
	outbox: Outbox;
	/** Calls back whenever the store was connected to, the first time included. */
	onReady?: (listener: () => void) => void;
	/** Done after each connection, before anything is read: puts right what the store lost by itself. */
	catchUp?: () => Promise<void>;
	/** Told of what was carried out late, once it is counted. */
	onCarriedOut?: (carriedOut: CarriedOut) => void;
	/** Told of what went wrong beside the calls. */
	onError?: (error: unknown) => void;
	/** Milliseconds that a request waits for the outbox. Default: 250. */
	requestTimeoutMs?: number;
	/** Milliseconds that an invalidation is tried for before the outbox has to do: longer than a reconnection takes. */
	graceMs?: number;
	/**
	 * Milliseconds after which an invalidation that is still under way is kept as well, for the case that this process
	 * ends: no longer than whoever asked for it is kept waiting.
	 */
	keepAfterMs?: number;
	/** Milliseconds between looks for what other processes could not carry out, while anybody asks. */
	pollMs?: number;
	/**
	 * Milliseconds after a connection in which the outbox is looked into before each read: other processes may not be
	 * connected yet, and can tell of an invalidation by the outbox alone. Longer than they wait between two tries.
	 */
	vigilanceMs?: number;
}

/** Milliseconds between tries while the store is away. */
const RETRY_MS = 200;
const REQUEST_MS = 250;
/** Less than the response of a write is kept back: by then the outbox has it. */
export const KEEP_AFTER_MS = 200;
const POLL_MS = 500;
/** Milliseconds after the last read in which the outbox is looked into. */
const POLL_FOR_MS = 10_000;
/** Milliseconds for which a look into the outbox is enough, if the database is slow. */
const LOOK_LIFE_MS = 1000;
/**
 * A store that takes longer may have stood still, and may answer reads before writes that others sent earlier. They have
 * kept those in the outbox by then.
 */
const SLOW_MS = 100;
/** How often one read is tried if invalidations of others are found meanwhile. */
const MAX_READS = 3;

/**
 * A store that may go away, but from which nothing comes back that was invalidated meanwhile: such invalidations wait
 * in an outbox, and nothing is read before all of them, those of other processes too, have been carried out.
 */
export class GuardedStore extends WrappedStore {
	readonly #options: GuardedOptions;
	readonly #settlement: Settlement;
	/** Raised by whatever makes a new look into the outbox necessary. */
	#wanted = 0;
	/** The value of `#wanted` when nothing was pending. */
	#settled = 0;
	#settling: Promise<void> | null = null;
	#failedAt = -Infinity;
	/** Whether the store was away when it was last tried. */
	#away = false;
	/** Invalidations under way that take so long that the outbox has them. */
	#stuck = 0;
	/** When somebody last read. */
	#askedAt = -Infinity;
	/** When the last look into the outbox began that found nothing of others. */
	#lookedAt = -Infinity;
	#looking: Promise<void> | null = null;
	/** A look whose query has not been sent yet: whoever asks now may join it. */
	#nextLook: Promise<void> | null = null;
	/** When the store last answered slowly. */
	#slowAt = -Infinity;
	#connectedAt = -Infinity;
	#pending = 0;
	readonly #waiting = new Set<() => void>();
	#retry: NodeJS.Timeout | undefined;
	readonly #poll: NodeJS.Timeout;
	#closed = false;

	constructor(inner: Store, options: GuardedOptions) {
		super(inner);
		this.#options = options;
		this.#settlement = new Settlement(inner, options.outbox, options.onCarriedOut);
		options.onReady?.(() => {
			this.#connectedAt = performance.now();
			this.#look();
		});
		const poll = (): void => {
			if (performance.now() - this.#askedAt > POLL_FOR_MS) return;
			this.#lookForOthers().catch((error: unknown) => options.onError?.(error));
		};
		this.#poll = setInterval(poll, options.pollMs ?? POLL_MS);
		this.#poll.unref();
		this.#look();
	}

	/** Invalidations that are known to wait. */
	get pendingInvalidations(): number {
		return this.#pending;
	}

	/** Settles once nothing waits; rejects with `StoreUnavailableError` where that cannot be had now. */
	async settled(): Promise<void> {
		while (this.#settled !== this.#wanted) await this.#settle();
	}

	override lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		return this.#afterOutbox(() => this.inner.lookup(lookups));
	}

	override versions(tags: readonly Tag[]): Promise<(string | null)[]> {
		return this.#afterOutbox(() => this.inner.versions(tags));
	}

	override stillHolds(reservation: Reservation): Promise<boolean> {
		return this.#afterOutbox(() => this.inner.stillHolds(reservation));
	}

	override begin(request: Begin): Promise<Reservation | null> {
		return this.#afterOutbox(
			() => this.inner.begin(request),
			(reservation) => this.#giveBack([reservation]),
		);
	}

	override beginMany(requests: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		return this.#afterOutbox(
			() => this.inner.beginMany(requests, owner, leaseMs),
			(reservations) => this.#giveBack(reservations),
		);
	}

	override modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		return this.#afterOutbox(() => this.inner.modelStates());
	}

	override invalidate(tags: readonly Tag[]): Promise<Invalidation> {
		const accepted = { counted: Promise.resolve(NONE_HELD) };
		return this.#orKept({ kind: 'tags', tags }, () => this.inner.invalidate(tags), accepted);
	}

	override invalidateMatching(tagSets: readonly (readonly Tag[])[]): Promise<Invalidation> {
		const accepted = { counted: Promise.resolve(NONE_HELD) };
		return this.#orKept({ kind: 'matching', tagSets }, () => this.inner.invalidateMatching(tagSets), accepted);
	}

	override removeKeys(keys: readonly string[]): Promise<HeldFigures> {
		return this.#orKept({ kind: 'keys', keys }, () => this.inner.removeKeys(keys), NONE_HELD);
	}

	override setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		const work: PendingWork = { kind: 'model', provider, model, state };
		return this.#orKept(work, () => this.inner.setModelState(provider, model, state), undefined);
	}

	override async close(): Promise<void> {
		this.#closed = true;
		clearInterval(this.#poll);
		clearTimeout(this.#retry);
		await this.inner.close();
	}

	protected override around<Result>(_kind: CallKind, call: () => Promise<Result>): Promise<Result> {
		return call();
	}

	get #vigilant(): boolean {
		return performance.now() - this.#connectedAt < (this.#options.vigilanceMs ?? 3000);
	}

	/** `discard` is given what was read before the outbox had to be looked into, and so may not be used. */
	async #afterOutbox<Result>(
		call: () => Promise<Result>,
		discard: (result: Result) => void = () => {},
	): Promise<Result> {
		const asked = (this.#askedAt = performance.now());
		if (this.#vigilant || asked - this.#lookedAt > LOOK_LIFE_MS) await this.#lookSoon();
		for (let tries = 1; ; tries++) {
			while (this.#settled !== this.#wanted) await this.#settledSoon();
			const wanted = this.#wanted;
			const sent = performance.now();
			const result = await call();
			if (performance.now() - sent > SLOW_MS) this.#slowAt = performance.now();
			if (sent < this.#slowAt) await this.#lookSoon();
			// A command that waited to be sent may have been answered by a store that came back meanwhile.
			if (wanted === this.#wanted) return result;
			discard(result);
			if (tries === MAX_READS) throw new StoreUnavailableError('it came back while it was asked');
		}
	}

	#lookSoon(): Promise<void> {
		return timeLimit(this.#options.requestTimeoutMs ?? REQUEST_MS, () => this.#lookForOthers());
	}

	async #settledSoon(): Promise<void> {
		const justFailed = this.#settling === null && performance.now() - this.#failedAt < RETRY_MS;
		if (justFailed) throw new StoreUnavailableError('invalidations wait to be carried out');
		await timeLimit(this.#options.requestTimeoutMs ?? REQUEST_MS, () => this.settled());
	}

	#giveBack(reservations: readonly (Reservation | null)[]): void {
		for (const reservation of reservations) if (reservation) this.inner.release(reservation).catch(() => {});
	}

	/** What fails counts as accepted once it is kept, and once it is known that the store does not come back at once. */
	async #orKept<Result>(work: PendingWork, call: () => Promise<Result>, accepted: Result): Promise<Result> {
		const { outbox, onError, graceMs = 1500, keepAfterMs = KEEP_AFTER_MS } = this.#options;
		// Nobody waits for a store that is known not to answer.
		if (this.#away || this.#stuck > 0) {
			await this.#handOver(outbox.add(work));
			return accepted;
		}
		let kept: Promise<string> | undefined;
		let stuck = 0;
		const keep = (): Promise<string> => {
			this.#stuck += stuck = 1;
			return (kept ??= outbox.add(work));
		};
		// Not what takes as long as there are entries: every process that found it in the outbox would do it too.
		const timer = work.kind === 'matching' ? undefined : setTimeout(() => void keep(), keepAfterMs);
		try {
			const result = await call();
			kept?.then((id) => outbox.remove([id])).catch((error: unknown) => onError?.(error));
			return result;
		} catch (error) {
			onError?.(error);
			this.#away = true;
			clearTimeout(timer);
			await this.#handOver((kept ??= outbox.add(work)));
			// A connection that just broke is back in a moment.
			await this.#untilSettled(graceMs);
			return accepted;
		} finally {
			clearTimeout(timer);
			this.#stuck -= stuck;
		}
	}

	/** From here on nothing is read before the work in the outbox was carried out. */
	async #handOver(kept: Promise<string>): Promise<void> {
		this.#wanted++;
		await kept;
		this.#pending++;
		this.#look();
	}

	/** From here on nothing is read before the outbox was looked into. */
	#look(): void {
		this.#wanted++;
		this.#failedAt = -Infinity;
		this.settled().catch(() => {});
	}

	#settle(): Promise<void> {
		this.#settling ??= this.#run().finally(() => (this.#settling = null));
		return this.#settling;
	}

	async #run(): Promise<void> {
		const wanted = this.#wanted;
		const began = performance.now();
		try {
			await this.#options.catchUp?.();
			await this.#settlement.run((records) => (this.#pending = records));
			this.#settled = wanted;
			this.#away = false;
			this.#lookedAt = began;
			if (wanted !== this.#wanted) return;
			for (const resolve of this.#waiting) resolve();
		} catch (error) {
			this.#failedAt = performance.now();
			this.#away = true;
			this.#retryLater();
			throw unavailable(error);
		}
	}

	#retryLater(): void {
		clearTimeout(this.#retry);
		if (this.#closed) return;
		this.#retry = setTimeout(() => void this.settled().catch(() => {}), RETRY_MS);
		this.#retry.unref();
	}

	#untilSettled(milliseconds: number): Promise<void> {
		if (this.#settled === this.#wanted) return Promise.resolve();
		return new Promise((resolve) => {
			const end = (): void => {
				clearTimeout(timer);
				this.#waiting.delete(end);
				resolve();
			};
			const timer = setTimeout(end, milliseconds);
			this.#waiting.add(end);
		});
	}

	/** By a query that is sent after the call; one for all calls of a turn, so that their reads share a turn as well. */
	async #lookForOthers(): Promise<void> {
		if (this.#settled === this.#wanted) await (this.#nextLook ??= this.#lookNext());
	}

	async #lookNext(): Promise<void> {
		const turn = new Promise<void>((resolve) => void setImmediate(resolve));
		// One that is under way may have read before.
		await Promise.all([turn, this.#looking?.catch(() => {})]);
		this.#nextLook = null;
		this.#looking = this.#readOutbox().finally(() => (this.#looking = null));
		await this.#looking;
	}

	async #readOutbox(): Promise<void> {
		const began = performance.now();
		if ((await this.#options.outbox.pending()).length > 0) this.#look();
		else this.#lookedAt = began;
	}
}
