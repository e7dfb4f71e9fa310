import type { SchemaOverview } from '@directus/types';
import type { Provider } from '../../shared/api-types.ts';
import type { HostContext } from '../host.ts';
import { keySetting } from '../config/settings.ts';
import type { SettingValues } from '../config/settings-schema.ts';

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
	readonly #checked = new Map<string, { at: number; isToken: Promise<boolean> }>();
	readonly #refused = new Map<Provider, ProviderKey['source']>();

	constructor(values: SettingValues, host: HostContext) {
		this.#values = values;
		this.#host = host;
	}

	/** Null if there is none, or if what is there is an access token of Directus': that must not reach a provider. */
	async find(provider: Provider): Promise<ProviderKey | null> {
		const found = await this.#named(provider);
		if (found === null || !(await this.#isAccessToken(found.key))) {
			this.#refused.delete(provider);
			return found;
		}
		this.#refused.set(provider, found.source);
		return null;
	}

	/** Keys that are refused, for people. As of the last `find`. */
	problems(): string[] {
		return [...this.#refused].map(([provider, source]) => {
			const place = source === 'environment' ? keySetting(provider) : 'Settings → AI';
			return `The key of ${provider} in ${place} is an access token of Directus: it is not sent to the provider`;
		});
	}

	async #named(provider: Provider): Promise<ProviderKey | null> {
		const own = this.#values[keySetting(provider)];
		if (typeof own === 'string') return { key: own, source: 'environment' };
		if (DIRECTUS_FIELDS[provider] === undefined) return null;
		const key = (await this.#saved())[provider];
		return key === undefined ? null : { key, source: 'directus' };
	}

	/** Looked up once a minute; what was known stays while the database does not answer. */
	async #isAccessToken(key: string): Promise<boolean> {
		const now = Date.now();
		const known = this.#checked.get(key);
		if (known && now - known.at <= LIFE_MS) return known.isToken;
		const isToken = this.#lookUpToken(key);
		this.#checked.set(key, { at: now, isToken });
		try {
			return await isToken;
		} catch {
			const last = known ? await known.isToken.catch(() => false) : false;
			this.#checked.delete(key);
			return last;
		}
	}

	async #lookUpToken(key: string): Promise<boolean> {
		if (isDirectusJwt(key)) return true;
		const { database } = this.#host;
		if (typeof database !== 'function') return false;
		const row: unknown = await database('directus_users').select('id').where({ token: key }).first();
		return row !== undefined && row !== null;
	}

	/** To be called when Directus' settings change. */
	forget(): void {
		this.#directus = null;
		this.#known = {};
		this.#checked.clear();
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

/** A temporary access token, or that of a share: a JWT that Directus issued. */
function isDirectusJwt(key: string): boolean {
	const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(key) ?? [];
	if (payload === undefined) return false;
	try {
		const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
		return typeof claims === 'object' && claims !== null && 'iss' in claims && claims.iss === 'directus';
	} catch {
		return false;
	}
}
