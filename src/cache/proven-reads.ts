import type { Clock } from './clock.ts';
import { CALLERS_TAG, SETTINGS_TAG } from './tags/tags.ts';
import type { Entry, Found } from './entry.ts';
import { StoreUnavailableError } from './errors.ts';
import type { Models } from './model-versions.ts';
import { isTooOld } from './policy/freshness.ts';
import type { Lookup, Store } from './store.ts';

/** What each look-up reads beside its entries. Null for one that nobody knows now. */
export interface StateVersions {
	/** Of who may do what. */
	callers: string | null;
	/** Of the models' versions and the settings that admins change. */
	settings: string | null;
}

export const usable = (found: Found | undefined): Entry | undefined =>
	found?.state === 'fresh' && found.covers ? found.entry : undefined;

/** Look-ups together with the versions of what they rest on, by reads that are sent after each call. */
export class ProvenReads {
	readonly #store: Store;
	readonly #models: Models;
	readonly #clock: Clock;

	constructor(store: Store, models: Models, clock: Clock) {
		this.#store = store;
		this.#models = models;
		this.#clock = clock;
	}

	async versions(): Promise<StateVersions> {
		const [callers = null, settings = null] = await this.#store.versions([CALLERS_TAG, SETTINGS_TAG]);
		return { callers, settings };
	}

	/** Rejects if the keys were computed with older versions of the models: nothing may be found or stored there. */
	async lookup(requests: readonly Lookup[]): Promise<(Found | undefined)[]> {
		const [found, { settings }] = await Promise.all([this.#store.lookup(requests), this.versions()]);
		if (await this.#models.confirm(settings)) return found;
		throw new StoreUnavailableError('the settings have changed');
	}

	/** Undefined if one of the hits is missing, or if the versions are not accepted. */
	async hits(
		requests: readonly (Lookup & { maxAge?: number })[],
		accepts: (versions: StateVersions) => boolean,
	): Promise<Entry[] | undefined> {
		const [found, versions] = await Promise.all([this.#store.lookup(requests), this.versions()]);
		const now = this.#clock.now();
		const entries = found.flatMap((one, index) => {
			const entry = usable(one);
			return entry === undefined || isTooOld(entry, requests[index]!.maxAge, now) ? [] : [entry];
		});
		return accepts(versions) && entries.length === requests.length ? entries : undefined;
	}
}
