import { type Provider, PROVIDERS } from '../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../test/support/provider-emulator.ts';

/** About the shortest time in which a real provider returns a short answer. */
export const EMULATED_DELAY_MS = 400;

export const MODELS: Record<Provider, string> = {
	openai: 'gpt-4o-mini',
	anthropic: 'claude-haiku-4-5',
	mistral: 'mistral-small-latest',
	deepseek: 'deepseek-chat',
};

export interface DemoProviders {
	/** The providers that have no key in the environment. */
	emulated: Provider[];
	/** Calls that reached an emulated provider; undefined for a real one. */
	calls(provider: Provider): number | undefined;
	environment: Record<string, string>;
	stop(): Promise<void>;
}

/** Uses the real provider if the environment has its key, otherwise the emulator. */
export async function startProviders(env: NodeJS.ProcessEnv): Promise<DemoProviders> {
	const emulated = PROVIDERS.filter((name) => !env[getKeySetting(name)]);
	const emulator: ProviderEmulator = await startProviderEmulator({
		delayMs: EMULATED_DELAY_MS,
		text: (prompt) => `Emulated answer to “${prompt}”`,
	});
	const environment = Object.fromEntries(
		Object.entries(emulator.environment()).filter(([setting]) =>
			emulated.some((name) => setting.startsWith(`AI_CACHE_${name.toUpperCase()}_`)),
		),
	);
	return {
		emulated,
		environment,
		calls: (provider) => (emulated.includes(provider) ? emulator.calls(provider) : undefined),
		stop: () => emulator.stop(),
	};
}

function getKeySetting(provider: Provider): string {
	return `AI_CACHE_${provider.toUpperCase()}_API_KEY`;
}
