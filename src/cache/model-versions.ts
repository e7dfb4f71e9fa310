import type { Provider } from '../shared/api-types.ts';
import type { Clock } from './clock.ts';
import { SETTINGS_TAG } from './tags/tags.ts';
import type { ModelState, Store } from './store.ts';

/** What changed behind a model's name. */
export interface ModelChange {
	provider: Provider;
	model: string;
	kind: 'snapshot' | 'system_fingerprint';
	from: string;
	to: string;
	/** It was new in so many answers in a row that it names no version: from now on it is not looked at any more. */
	unsteady?: true;
}

const FRESH: ModelState = { version: 1, snapshot: null, systemFingerprint: null, changedAt: null };
/** Snapshots, and families of one of them, that are remembered; providers serve several side by side. */
const MAX_REMEMBERED = 16;
/** So many new values in a row, none of them seen before, are no versions. */
const UNSTEADY_AFTER = 4;
/** Stands among the values that were seen of a model whose values are no versions. */
export const UNSTEADY = '*';

/**
 * Cache versions of models, and the snapshots that providers say they answered with. Kept in the process, and reloaded
 * when a look-up finds that they are of an older version.
 */
export class Models {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #onChange: (change: ModelChange, state: ModelState) => Promise<void>;
	#states: ReadonlyMap<string, ModelState> = new Map();
	/** Version of `SETTINGS_TAG` that the states were loaded with; null if they are not known to be of any. */
	#version: string | null = null;
	#loading: Promise<void> | null = null;
	#loadingAgain: Promise<void> | null = null;
	/** New values in a row, by model and kind. */
	readonly #streaks = new Map<string, { last: string; length: number }>();
	/** Counts up whenever a version was seen to change: keys reckoned before are not those reckoned after. */
	generation = 0;

	constructor(store: Store, clock: Clock, onChange: (change: ModelChange, state: ModelState) => Promise<void>) {
		this.#store = store;
		this.#clock = clock;
		this.#onChange = onChange;
	}

	/** Of the key; a store that was never reached means version 1. */
	version(provider: Provider, model: string): number {
		return this.#states.get(nameOf(provider, model))?.version ?? FRESH.version;
	}

	states(): ReadonlyMap<string, ModelState> {
		return this.#states;
	}

	/** Whether the states are of this version of `SETTINGS_TAG`. */
	isCurrent(version: string | null): boolean {
		return version !== null && version === this.#version;
	}

	/** Loads the states if they are of another version; false if keys that were computed before are not valid any more. */
	async confirm(version: string | null): Promise<boolean> {
		if (this.isCurrent(version)) return true;
		const { generation } = this;
		await this.reload();
		return this.#version !== null && this.generation === generation;
	}

	/** With all that was changed before this was called: a load that is under way may have been too early for that. */
	reload(): Promise<void> {
		if (this.#loading === null) {
			this.#loading = this.#load().finally(() => (this.#loading = null));
			return this.#loading;
		}
		this.#loadingAgain ??= this.#loading.then(() => {
			this.#loadingAgain = null;
			return this.reload();
		});
		return this.#loadingAgain;
	}

	/** Raises the version, so that nothing stored under the old one is found again: nor is any of a former snapshot. */
	async raise(provider: Provider, model: string): Promise<number> {
		await this.reload();
		const state = this.#state(provider, model);
		const version = state.version + 1;
		await this.#set(provider, model, { ...state, version, changedAt: null });
		return version;
	}

	/** Takes note of who answered; tells of a snapshot or a fingerprint family that was not seen before. */
	async observe(provider: Provider, model: string, snapshot: string | null, fingerprint: string | null): Promise<void> {
		const family = fingerprint === null ? null : familyOf(fingerprint);
		const seen = newsOf(this.#state(provider, model), snapshot, family);
		const name = nameOf(provider, model);
		const isUnsteady = {
			snapshot: this.#isUnsteady(`${name} snapshot`, snapshot, seen.snapshot),
			family: this.#isUnsteady(`${name} family`, family, seen.family),
		};
		if (!isNews(seen)) return;
		// Another process may have seen the same, or have raised the version.
		await this.reload();
		const state = this.#state(provider, model);
		const found = newsOf(state, snapshot, family);
		if (!isNews(found)) return;
		const news: News = {
			snapshot: found.snapshot !== null && isUnsteady.snapshot ? UNSTEADY : found.snapshot,
			family: found.family !== null && isUnsteady.family ? UNSTEADY : found.family,
		};
		const change = changeOf(provider, model, state, news);
		const next = { ...withNews(state, news, family), ...(change && { changedAt: this.#clock.now() }) };
		await this.#set(provider, model, next);
		if (change) await this.#onChange(change, next);
	}

	/** Counts new values in a row. A value that was seen before ends the row. */
	#isUnsteady(name: string, seen: string | null, news: string | null): boolean {
		if (seen === null) return false;
		const { last, length } = this.#streaks.get(name) ?? { last: '', length: 0 };
		// Several answers with one new value may come before it is known.
		const streak = { last: seen, length: news === null ? 0 : last === seen ? length : length + 1 };
		this.#streaks.set(name, streak);
		return streak.length >= UNSTEADY_AFTER;
	}

	async #load(): Promise<void> {
		try {
			const version = await this.#readVersion();
			this.#take(new Map(await this.#store.modelStates()));
			this.#version = version;
		} catch {
			// The states that are known stay in force, though nobody knows whether they are current.
			this.#version = null;
		}
	}

	/** One that is missing is made by asking for it. */
	async #readVersion(): Promise<string | null> {
		const [version] = await this.#store.versions([SETTINGS_TAG]);
		return version ?? (await this.#store.versions([SETTINGS_TAG]))[0] ?? null;
	}

	async #set(provider: Provider, model: string, state: ModelState): Promise<void> {
		this.#take(new Map(this.#states).set(nameOf(provider, model), state));
		await this.#store.setModelState(provider, model, state);
		// One that began before may have read what stood there until now.
		if (this.#loading) await this.reload();
	}

	#take(states: ReadonlyMap<string, ModelState>): void {
		const versionIn = (of: ReadonlyMap<string, ModelState>, name: string): number =>
			of.get(name)?.version ?? FRESH.version;
		const names = [...states.keys(), ...this.#states.keys()];
		if (names.some((name) => versionIn(states, name) !== versionIn(this.#states, name))) this.generation++;
		this.#states = states;
	}

	#state(provider: Provider, model: string): ModelState {
		return this.#states.get(nameOf(provider, model)) ?? FRESH;
	}
}

const nameOf = (provider: Provider, model: string): string => `${provider}/${model}`;

/** What was not seen before, each null where nothing is new. */
interface News {
	snapshot: string | null;
	family: string | null;
}

const newsOf = (state: ModelState, snapshot: string | null, family: string | null): News => ({
	snapshot: isKnown(snapshot, snapshotsOf(state)) ? null : snapshot,
	family: isKnown(family, familiesOf(state)) ? null : family,
});

const isKnown = (value: string | null, seen: readonly string[]): boolean =>
	value === null || seen.includes(value) || seen.includes(UNSTEADY);

const isNews = ({ snapshot, family }: News): boolean => snapshot !== null || family !== null;

/** Another snapshot has families of its own, of which this one was seen first. */
function withNews(state: ModelState, news: News, seen: string | null): ModelState {
	const { snapshot } = news;
	const isChange = snapshot !== null && snapshot !== UNSTEADY;
	const families = isChange ? [] : familiesOf(state);
	const family = isChange ? seen : news.family;
	return {
		...state,
		snapshot: isChange ? snapshot : state.snapshot,
		snapshots: snapshot === null ? snapshotsOf(state) : remembering(snapshotsOf(state), snapshot),
		systemFingerprint: family === null ? state.systemFingerprint : remembering(families, family).join(' '),
	};
}

const snapshotsOf = ({ snapshot, snapshots }: ModelState): readonly string[] =>
	snapshots ?? (snapshot === null ? [] : [snapshot]);

const familiesOf = ({ systemFingerprint }: ModelState): readonly string[] => systemFingerprint?.split(' ') ?? [];

const remembering = (known: readonly string[], seen: string): string[] => [...known, seen].slice(-MAX_REMEMBERED);

const unsteady = (value: string) => value === UNSTEADY && { unsteady: true as const };

function changeOf(
	provider: Provider,
	model: string,
	state: ModelState,
	{ snapshot, family }: News,
): ModelChange | null {
	if (snapshot !== null) {
		if (state.snapshot === null) return null;
		return { provider, model, kind: 'snapshot', from: state.snapshot, to: snapshot, ...unsteady(snapshot) };
	}
	if (family === null || state.systemFingerprint === null) return null;
	const from = state.systemFingerprint.split(' ').at(-1) ?? '';
	return { provider, model, kind: 'system_fingerprint', from, to: family, ...unsteady(family) };
}

/**
 * DeepSeek names the build after a random part (`fp_<hex>_prod0820_fp8_kvcache`): the build is the family. OpenAI's
 * fingerprint is the random part alone and is its own family.
 */
function familyOf(fingerprint: string): string {
	const build = /^fp_[0-9a-f]+_(.+)$/.exec(fingerprint)?.[1];
	return (build ?? fingerprint).replaceAll(' ', '_');
}
