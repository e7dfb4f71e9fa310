import type { Provider } from '../contract.ts';
import type { Clock } from './clock.ts';
import type { ModelState, Store } from './store.ts';

/** What changed behind a model's name. */
export interface ModelChange {
	provider: Provider;
	model: string;
	kind: 'snapshot' | 'system_fingerprint';
	from: string;
	to: string;
}

const FRESH: ModelState = { version: 1, snapshot: null, systemFingerprint: null, changedAt: null };
const RELOAD_MS = 30_000;
/** Families of one snapshot that are remembered; providers serve several side by side. */
const MAX_FAMILIES = 16;

/**
 * Cache versions of models, and the snapshots that providers say they answered with. Kept in the process and reloaded
 * when another process says that it changed something.
 */
export class Models {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #onChange: (change: ModelChange, state: ModelState) => Promise<void>;
	#states: ReadonlyMap<string, ModelState> = new Map();
	#loadedAt = -Infinity;
	#loading: Promise<void> | null = null;
	/** Counts up whenever a version was seen to change: keys reckoned before are not those reckoned after. */
	generation = 0;

	constructor(store: Store, clock: Clock, onChange: (change: ModelChange, state: ModelState) => Promise<void>) {
		this.#store = store;
		this.#clock = clock;
		this.#onChange = onChange;
	}

	/** Of the key. Waits for the store the first time only; a store that is away means version 1. */
	version(provider: Provider, model: string): number {
		if (this.#clock.now() - this.#loadedAt > RELOAD_MS) void this.reload();
		return this.#states.get(nameOf(provider, model))?.version ?? FRESH.version;
	}

	states(): ReadonlyMap<string, ModelState> {
		return this.#states;
	}

	reload(): Promise<void> {
		this.#loading ??= this.#load().finally(() => (this.#loading = null));
		return this.#loading;
	}

	/** Raises the version, so that nothing stored under the old one is found again. */
	async raise(provider: Provider, model: string): Promise<number> {
		await this.reload();
		const state = this.#state(provider, model);
		const version = state.version + 1;
		await this.#set(provider, model, { ...state, version });
		return version;
	}

	/** Takes note of who answered; tells of a snapshot or a fingerprint family that was not seen before. */
	async observe(provider: Provider, model: string, snapshot: string | null, fingerprint: string | null): Promise<void> {
		const state = this.#state(provider, model);
		const family = fingerprint === null ? null : familyOf(fingerprint);
		const families = state.systemFingerprint?.split(' ') ?? [];
		const moved = snapshot !== null && snapshot !== state.snapshot;
		const joined = family !== null && !families.includes(family);
		if (!moved && !joined) return;
		const change = changeOf(provider, model, state, moved ? snapshot : null, joined ? family : null);
		const next: ModelState = {
			version: state.version,
			snapshot: snapshot ?? state.snapshot,
			systemFingerprint: family === null ? state.systemFingerprint : withFamily(moved ? [] : families, family),
			changedAt: change ? this.#clock.now() : state.changedAt,
		};
		await this.#set(provider, model, next);
		if (change) await this.#onChange(change, next);
	}

	async #load(): Promise<void> {
		try {
			this.#take(new Map(await this.#store.modelStates()));
			this.#loadedAt = this.#clock.now();
		} catch {
			// The states that are known stay in force.
		}
	}

	async #set(provider: Provider, model: string, state: ModelState): Promise<void> {
		this.#take(new Map(this.#states).set(nameOf(provider, model), state));
		await this.#store.setModelState(provider, model, state);
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

function changeOf(
	provider: Provider,
	model: string,
	state: ModelState,
	snapshot: string | null,
	family: string | null,
): ModelChange | null {
	if (snapshot !== null) {
		return state.snapshot === null ? null : { provider, model, kind: 'snapshot', from: state.snapshot, to: snapshot };
	}
	if (family === null || state.systemFingerprint === null) return null;
	const from = state.systemFingerprint.split(' ').at(-1) ?? '';
	return { provider, model, kind: 'system_fingerprint', from, to: family };
}

const withFamily = (families: readonly string[], family: string): string =>
	[...families, family].slice(-MAX_FAMILIES).join(' ');

/**
 * DeepSeek names the build after a random part (`fp_<hex>_prod0820_fp8_kvcache`): the build is the family. OpenAI's
 * fingerprint is the random part alone and is its own family.
 */
function familyOf(fingerprint: string): string {
	const build = /^fp_[0-9a-f]+_(.+)$/.exec(fingerprint)?.[1];
	return (build ?? fingerprint).replaceAll(' ', '_');
}
