import type { Clock } from '../../cache/clock.ts';
import type { Tag } from '../../cache/tags/tags.ts';
import type { Entry, Found } from '../../cache/entry.ts';
import type { KeptPlace } from '../../cache/generation/types.ts';
import { newId } from '../../cache/ids.ts';
import type { Commit, Reservation, Store } from '../../cache/store.ts';
import type { Exchange } from '../generation/provider-request.ts';
import { keptPlace } from '../generation/refresh-policy.ts';
import type { Reviver } from '../generation/request-replayer.ts';
import type { SettingValues } from '../config/settings-schema.ts';

/** Of the requests that are asked most, so many are looked through for those that take an answer out of date. */
const LOOK_THROUGH = 500;
const LOOK_MS = 10_000;
const LEASE_MS = 5000;
/**
 * A change waits no longer than this for the answers that it takes to be read, also where the process is busy: with it,
 * a store that hangs is still given up before whoever made the change is answered.
 */
const READ_MS = 20;

/** Neither ever rejects. */
export interface Keeping {
	/** Settles once the answers were read, or after a short time: what they depend on may go then. */
	read: Promise<void>;
	/** Settles once they are kept. */
	kept: Promise<void>;
}

interface Taker {
	exchange: Exchange;
	place: KeptPlace;
}

/**
 * Keeps answers that a change of their content takes, for requests that say how long they may be given still
 * (`stale_while_revalidate`). Each stands at a key of its own, expired from the first, and holds the tokens of all that
 * must never let it come back: see `keptTags`.
 */
export class KeptAnswers {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #reviver: Reviver;
	readonly #values: SettingValues;
	#takers: readonly Taker[] = [];
	#timer: NodeJS.Timeout | undefined;

	constructor(store: Store, clock: Clock, reviver: Reviver, values: SettingValues) {
		this.#store = store;
		this.#clock = clock;
		this.#reviver = reviver;
		this.#values = values;
	}

	start(): void {
		this.#timer = setInterval(() => void this.look().catch(() => {}), LOOK_MS);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/** Takes note of who takes an answer that is out of date. */
	async look(): Promise<void> {
		const requested = await this.#store.topRequested(LOOK_THROUGH);
		this.#takers = requested.flatMap(({ record }): Taker[] => {
			const exchange = this.#reviver.recall(record)?.exchange;
			const place = exchange && keptPlace(exchange, this.#values);
			return place ? [{ exchange, place }] : [];
		});
	}

	/** To be called before `taken` and `lost` go: keeps what `taken` alone takes. Null where that is nothing. */
	keep(taken: ReadonlySet<Tag>, lost: ReadonlySet<Tag>): Keeping | null {
		const leaving = this.#takers.filter(
			({ exchange: { tags } }) => tags.some((tag) => taken.has(tag)) && !tags.some((tag) => lost.has(tag)),
		);
		if (leaving.length === 0) return null;
		// The tokens are captured now, so that a purge that comes before the answers are kept is met by them.
		const places = leaving.map(({ place: { key, tags } }) => ({ key, tags }));
		const reserved = this.#store.beginMany(places, newId, LEASE_MS);
		const found = this.#store.lookup(leaving.map(({ exchange: { key, tags } }) => ({ key, tags })));
		const kept = this.#fill(reserved, found).catch(() => {});
		return { read: settledSoon(Promise.all([reserved, found]), READ_MS), kept };
	}

	async #fill(reserved: Promise<Reservation[]>, looked: Promise<(Found | undefined)[]>): Promise<void> {
		const [reservations, found] = await Promise.all([reserved, looked.catch(() => [])]);
		const now = this.#clock.now();
		const commits = reservations.flatMap((reservation, index): Commit[] => {
			const { entry, state } = found[index] ?? {};
			return entry && state === 'fresh' ? [{ reservation, entry: keptEntry(entry, reservation, now) }] : [];
		});
		const used = new Set(commits.map(({ reservation }) => reservation));
		for (const one of reservations) if (!used.has(one)) this.#store.release(one).catch(() => {});
		if (commits.length > 0) await this.#store.commit(commits);
	}
}

/** Settles with the promise, or after the time; never rejects. */
function settledSoon(promise: Promise<unknown>, milliseconds: number): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, milliseconds);
		const over = (): void => {
			clearTimeout(timer);
			resolve();
		};
		promise.then(over, over);
	});
}

const keptEntry = (entry: Entry, { key, tags }: Reservation, now: number): Entry => ({
	...entry,
	meta: { ...entry.meta, key, tags, ttl: 0, expires: now },
});
