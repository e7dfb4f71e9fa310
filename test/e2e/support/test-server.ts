import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { type Directus, type DirectusOptions, startDirectus } from './directus.ts';
import { type Ask, asker } from './generations.ts';

/** A Directus whose four providers are emulated. */
export interface Served {
	emulator: ProviderEmulator;
	directus: Directus;
	/** `POST /ai-cache/generate` as its first process answers it. */
	ask: Ask;
	stop(): Promise<void>;
}

/** With the memory store, unless `env` says otherwise. An empty value takes a variable away. */
export async function serve(env: Record<string, string> = {}, options: DirectusOptions = {}): Promise<Served> {
	const emulator = await startProviderEmulator();
	const whole = Object.entries({ AI_CACHE_STORE: 'memory', ...emulator.environment(), ...env });
	const directus = await startDirectus({
		...options,
		env: Object.fromEntries(whole.filter(([, value]) => value !== '')),
	});
	const stop = async (): Promise<void> => {
		await directus.stop();
		await emulator.stop();
	};
	return { emulator, directus, ask: asker(directus), stop };
}

/** Bodies of chats, each with a prompt of its own that begins with the word. */
export function newChats(word = 'Prompt') {
	let prompts = 0;
	return (more: object = {}) => ({
		provider: 'openai',
		model: 'gpt-4o-mini',
		prompt: `${word} ${++prompts}`,
		...more,
	});
}
