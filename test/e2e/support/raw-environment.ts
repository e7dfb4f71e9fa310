import { PROVIDERS } from '../../../src/shared/api-types.ts';
import { keyOf } from '../../support/provider-emulator.ts';

/** Settings that send every provider's requests to one server, under `/<provider>` each. */
export function rawProviderEnvironment(url: string, more: Record<string, string> = {}): Record<string, string> {
	const providers = PROVIDERS.flatMap((name) => [
		[`AI_CACHE_${name.toUpperCase()}_API_KEY`, keyOf(name)],
		[`AI_CACHE_${name.toUpperCase()}_BASE_URL`, `${url}/${name}${name === 'openai' ? '/v1' : ''}`],
	]);
	return {
		...(Object.fromEntries(providers) as Record<string, string>),
		AI_CACHE_STORE: 'memory',
		AI_CACHE_UPSTREAM_RETRIES: '0',
		...more,
	};
}
