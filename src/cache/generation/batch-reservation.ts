import type { Accounting } from '../stats/request-metrics.ts';
import { dependencyTags, type Dependencies } from '../tags/tags.ts';
import type { Entry } from '../entry.ts';
import type { Generated, Outcome } from './types.ts';
import type { Generator } from './leader.ts';
import { newId } from '../ids.ts';
import { usable } from '../proven-reads.ts';
import type { Identity } from '../stats/recorder.ts';
import type { Commit, Reservation, Store } from '../store.ts';

/** Where an answer is to be stored. */
export interface PlaceItem {
	key: string;
	identity: Identity;
	dependencies: Dependencies;
}

/** Places reserved for answers under way, in order. */
export class Places {
	/** What answers already stand there, where they are valid. */
	readonly standing: readonly (Entry | undefined)[];
	readonly #store: Store;
	readonly #generator: Generator;
	readonly #accounting: Accounting;
	readonly #items: readonly PlaceItem[];
	readonly #reservations: readonly Reservation[];
	readonly #renewal: NodeJS.Timeout;

	private constructor(
		store: Store,
		generator: Generator,
		accounting: Accounting,
		items: readonly PlaceItem[],
		reservations: readonly Reservation[],
		renewal: NodeJS.Timeout,
	) {
		this.#store = store;
		this.#generator = generator;
		this.#accounting = accounting;
		this.#items = items;
		this.#reservations = reservations;
		this.#renewal = renewal;
		this.standing = reservations.map(({ replaces }) => usable(replaces));
	}

	/**
	 * Captures what the answers depend on, in one round trip. Until they are filled or released the places are renewed,
	 * so that those of a process that dies hold up nobody for longer than `leaseMs`.
	 */
	static async reserve(
		store: Store,
		generator: Generator,
		accounting: Accounting,
		items: readonly PlaceItem[],
		leaseMs: number,
	): Promise<Places> {
		const lookups = items.map(({ key, dependencies, identity }) => ({
			key,
			tags: dependencyTags(identity.provider, identity.model, dependencies),
		}));
		const reservations = await store.beginMany(lookups, newId, leaseMs);
		const renewal = generator.keepRenewing(reservations);
		return new Places(store, generator, accounting, items, reservations, renewal);
	}

	/** Stores an answer in each, in one round trip; none that depends on what has changed since. */
	async fill(generated: readonly Generated[]): Promise<Outcome[]> {
		const commits = await this.#commits(generated);
		const results = await this.#store.commit(commits).finally(() => clearInterval(this.#renewal));
		return commits.map(({ entry }, index) => {
			const result = results[index]!;
			if (result === 'stored') this.#accounting.stored(this.#items[index]!.identity, entry);
			return { entry, notStored: result === 'stored' ? null : result };
		});
	}

	#commits(generated: readonly Generated[]): Promise<Commit[]> {
		const made = this.#items.map(async ({ identity, dependencies }, index): Promise<Commit> => {
			const reservation = this.#reservations[index]!;
			const entry = await this.#generator.entry(identity, reservation, dependencies, generated[index]!);
			return { reservation, entry };
		});
		return Promise.all(made).catch((error: unknown) => {
			this.release();
			throw error;
		});
	}

	/** To be called where no answers come. */
	release(): void {
		clearInterval(this.#renewal);
		for (const reservation of this.#reservations) this.#store.release(reservation).catch(() => {});
	}
}
