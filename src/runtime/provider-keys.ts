import type { SchemaOverview } from '@directus/types';
import type { Provider } from '../contract.ts';
import type { HostContext } from './host.ts';
import { keySetting } from './settings.ts';
import type { SettingValues } from './settings-schema.ts';

/** Fields of Directus' settings (Settings → AI) that hold a key. */
const DIRECTUS_FIELDS: Partial<Record<Provider, string>> = {
	openai: 'ai_openai_api_key',
	anthropic: 'ai_anthropic_api_key',
};
const LIFE_MS = 60_000;

export interface ProviderKey {
	key: string;
	source: 'environment' | 'directus';
}

type SavedKeys = Partial<Record<Provider, string>>;

interface SettingsReader {
	readSingleton(query: { fields: string[] }): Promise<Record<string, unknown>>;
}

type SettingsServiceClass = new (options: { schema: SchemaOverview; accountability: null }) => SettingsReader;

/** Finds the key of a provider: our own setting, else the one saved in Directus' settings. */
export class ProviderKeys {
	readonly #values: SettingValues;
	readonly #host: HostContext;
	#directus: { at: number; keys: Promise<SavedKeys> } | null = null;
	#known: SavedKeys = {};

	constructor(values: SettingValues, host: HostContext) {
		this.#values = values;
		this.#host = host;
	}

	async find(provider: Provider): Promise<ProviderKey | null> {
		const own = this.#values[keySetting(provider)];
		if (typeof own === 'string') return { key: own, source: 'environment' };
		if (DIRECTUS_FIELDS[provider] === undefined) return null;
		const key = (await this.#saved())[provider];
		return key === undefined ? null : { key, source: 'directus' };
	}

	/** To be called when Directus' settings change. */
	forget(): void {
		this.#directus = null;
		this.#known = {};
	}

	/** Where they cannot be read: those that were read last, until the next who asks. */
	#saved(): Promise<SavedKeys> {
		const now = Date.now();
		if (this.#directus && now - this.#directus.at <= LIFE_MS) return this.#directus.keys;
		const isLatest = (): boolean => this.#directus === reading;
		const keys = this.#read().then(
			(read) => {
				if (isLatest()) this.#known = read;
				return read;
			},
			() => {
				if (isLatest()) this.#directus = null;
				return this.#known;
			},
		);
		const reading = { at: now, keys };
		this.#directus = reading;
		return keys;
	}

	/** Directus 11.4 has no such fields yet; it then has no such keys. */
	async #read(): Promise<SavedKeys> {
		const schema = await this.#host.getSchema();
		const known = Object.entries(DIRECTUS_FIELDS).filter(
			([, field]) => schema.collections['directus_settings']?.fields[field] !== undefined,
		);
		if (known.length === 0) return {};
		const Service = this.#host.services['SettingsService'] as SettingsServiceClass;
		const saved = await new Service({ schema, accountability: null }).readSingleton({
			fields: known.map(([, field]) => field),
		});
		const keys = known.map(([provider, field]) => [provider, saved[field]]);
		return Object.fromEntries(keys.filter(([, key]) => typeof key === 'string' && key !== '')) as SavedKeys;
	}
}
