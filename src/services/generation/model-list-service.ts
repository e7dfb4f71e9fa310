import type { Provider } from '../../shared/api-types.ts';
import { callerHeaders, type Headers, type ReceivedHeaders, upstreamHeaders } from '../../providers/http/headers.ts';
import { dialects } from '../../providers/registry.ts';
import type { Upstream } from '../../providers/http/http-client.ts';
import { NoProviderKeyError } from '../errors/errors.ts';
import type { ProviderKeys } from '../access/provider-key-service.ts';
import { baseUrlSetting, keySetting } from '../config/settings.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { UpstreamFailure } from '../errors/provider-failure.ts';

export interface ModelList {
	headers: Headers;
	/** As the provider wrote it. */
	body: Buffer;
}

/** A provider's list of models, asked for every time. */
export class ModelLists {
	readonly #upstream: Upstream;
	readonly #keys: ProviderKeys;
	readonly #values: SettingValues;

	constructor(upstream: Upstream, keys: ProviderKeys, values: SettingValues) {
		this.#upstream = upstream;
		this.#keys = keys;
		this.#values = values;
	}

	/** `query`: the caller's, as `limit=20`. Rejects with `UpstreamFailure`, an `UpstreamError` or `NoProviderKeyError`. */
	async read(provider: Provider, headers: ReceivedHeaders, query: string, signal: AbortSignal): Promise<ModelList> {
		const found = await this.#keys.find(provider);
		if (found === null) throw new NoProviderKeyError({ provider, setting: keySetting(provider) });
		const dialect = dialects[provider];
		const baseUrl = this.#values[baseUrlSetting(provider)].replace(/\/+$/, '');
		const answer = await this.#upstream.call({
			url: `${baseUrl}${dialect.modelsPath}${query === '' ? '' : `?${query}`}`,
			method: 'GET',
			headers: upstreamHeaders(dialect, headers, found.key),
			timeoutMs: this.#values.AI_CACHE_UPSTREAM_TIMEOUT,
			retries: this.#values.AI_CACHE_UPSTREAM_RETRIES,
			signal,
		});
		if (answer.status >= 400) {
			throw UpstreamFailure.of(provider, answer, found.key);
		}
		return { headers: callerHeaders(answer.headers), body: answer.body };
	}
}
