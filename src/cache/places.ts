import type { Accounting } from './accounting.ts';
import { dependencyTags, type Dependencies } from './dependencies.ts';
import type { Entry } from './entry.ts';
import type { Generated, Outcome } from './generation.ts';
import { type Generator, usable } from './generator.ts';
import { newId } from './ids.ts';
import type { Identity } from './stats/recorder.ts';
import type { Commit, Reservation, Store } from './store.ts';

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

	private constructor(
		store: Store,
		generator: Generator,
		accounting: Accounting,
		items: readonly PlaceItem[],
		reservations: readonly Reservation[],
	) {
		this.#store = store;
		this.#generator = generator;
		this.#accounting = accounting;
		this.#items = items;
		this.#reservations = reservations;
		this.standing = reservations.map(({ replaces }) => usable(replaces));
	}

	/** Captures what the answers depend on, in one round trip. `leaseMs`: how long they may take to come. */
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
		return new Places(store, generator, accounting, items, await store.beginMany(lookups, newId, leaseMs));
	}

	/** Stores an answer in each, in one round trip; none that depends on what has changed since. */
	async fill(generated: readonly Generated[]): Promise<Outcome[]> {
		const commits = await Promise.all(
			this.#items.map(async ({ identity, dependencies }, index): Promise<Commit> => {
				const reservation = this.#reservations[index]!;
				const entry = await this.#generator.entry(identity, reservation, dependencies, generated[index]!);
				return { reservation, entry };
			}),
		);
		const results = await this.#store.commit(commits);
		return commits.map(({ entry }, index) => {
			const result = results[index]!;
			if (result === 'stored') this.#accounting.stored(this.#items[index]!.identity, entry.meta.key);
			return { entry, notStored: result === 'stored' ? null : result };
		});
	}

	/** To be called where no answers come. */
	release(): void {
		for (const reservation of this.#reservations) this.#store.release(reservation).catch(() => {});
	}
}
