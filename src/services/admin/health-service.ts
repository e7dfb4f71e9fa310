import { type HealthReport, type Provider, PROVIDERS } from '../../shared/api-types.ts';
import { timeLimit } from '../../cache/timeout.ts';
import type { OpenedStore } from '../opened-store.ts';
import type { ProviderKeys } from '../access/provider-key-service.ts';
import { baseUrlSetting, keySetting, type Settings, withoutCredentials } from '../config/settings.ts';
import { VERSION } from '../config/version.ts';

const TIMEOUT_MS = 1000;
const HOOK_OFF =
	'The bundle\'s hook "ai-cache-hook" is switched off: changes of the content are not seen, and no answer that depends on content is cached';

/** How the cache is. */
export class Health {
	readonly #settings: Settings;
	readonly #opened: OpenedStore;
	readonly #keys: ProviderKeys;
	readonly #isListening: () => boolean;

	/** `isListening`: whether changes of the content reach this process. */
	constructor(settings: Settings, opened: OpenedStore, keys: ProviderKeys, isListening: () => boolean) {
		this.#isListening = isListening;
		this.#settings = settings;
		this.#opened = opened;
		this.#keys = keys;
	}

	/** `down` while the store does not answer, `degraded` while it refuses something, its breaker is open or invalidations wait. */
	async report(): Promise<Required<HealthReport>> {
		const [store, providers] = await Promise.all([this.store(), this.#providers()]);
		const problems = [...(this.#isListening() ? [] : [HOOK_OFF]), ...this.#keys.problems()];
		const isBusy = store.breaker !== 'closed' || store.pending_invalidations > 0;
		const degraded = isBusy || store.error !== null || problems.length > 0;
		const status = store.connected ? (degraded ? 'degraded' : 'ok') : 'down';
		return { status, problems, store, providers, version: VERSION };
	}

	/** How the store is, as this process sees it. Never rejects. */
	async store(): Promise<NonNullable<HealthReport['store']>> {
		const { store, breaker, pendingInvalidations, lastError } = this.#opened;
		const rest = { breaker: breaker(), pending_invalidations: pendingInvalidations() };
		try {
			const health = await timeLimit(TIMEOUT_MS, () => store.health());
			const { kind, mode, connected, memory, hints } = health;
			return {
				kind,
				mode,
				connected,
				memory,
				hints,
				latency_ms: health.latencyMs,
				first_level: health.firstLevel,
				...rest,
				error: lastError(),
			};
		} catch {
			const { store: kind, redis } = this.#settings;
			const mode =
				kind === 'memory' ? 'embedded' : redis.cluster ? 'cluster' : redis.sentinels ? 'sentinel' : 'standalone';
			return {
				kind,
				mode,
				connected: false,
				latency_ms: null,
				memory: { used: 0, max: null },
				first_level: null,
				hints: 'down',
				...rest,
				error: lastError() ?? 'no answer in time',
			};
		}
	}

	async #providers(): Promise<NonNullable<HealthReport['providers']>> {
		const rows = await Promise.all(
			PROVIDERS.map(async (provider): Promise<[Provider, NonNullable<HealthReport['providers']>[Provider]]> => {
				const key = await this.#keys.find(provider);
				return [
					provider,
					{
						has_key: key !== null,
						key_source: key?.source ?? null,
						base_url: withoutCredentials(this.#settings.values[baseUrlSetting(provider)]),
						key_setting: keySetting(provider),
					},
				];
			}),
		);
		return Object.fromEntries(rows) as NonNullable<HealthReport['providers']>;
	}
}
