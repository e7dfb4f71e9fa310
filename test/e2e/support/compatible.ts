import { expect } from 'vitest';

import type { Provider } from '../../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { type Account, createAccount } from './access.ts';
import { type Directus, startDirectus } from './directus.ts';
import type { AnswerRecorder } from './sdks.ts';

/** A Directus whose providers are emulated, and a plain user of it. */
export interface Compatible {
	emulator: ProviderEmulator;
	directus: Directus;
	caller: Account;
	stop(): Promise<void>;
}

export async function startCompatible(env: Record<string, string> = {}): Promise<Compatible> {
	const emulator = await startProviderEmulator();
	const directus = await startDirectus({
		env: { ...emulator.environment(), AI_CACHE_STORE: 'memory', AI_CACHE_UPSTREAM_RETRIES: '0', ...env },
	});
	const stop = async () => {
		await directus.stop();
		await emulator.stop();
	};
	return { emulator, directus, caller: await createAccount(directus, 'caller', []), stop };
}

/** What a second, identical call answers: a hit that says the same, without a call upstream. */
export async function isAnsweredAgain<Answer>(
	{ emulator }: Compatible,
	recorder: Pick<AnswerRecorder, 'statuses'>,
	provider: Provider,
	call: () => PromiseLike<Answer>,
): Promise<Answer> {
	const first = await call();
	const calls = emulator.calls(provider);
	const second = await call();
	expect(recorder.statuses.slice(-2)).toEqual(['MISS', 'HIT']);
	expect(emulator.calls(provider)).toBe(calls);
	expect(second).toEqual(first);
	return first;
}
