import { expect } from 'vitest';

import type { GenerationAnswer } from '../../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../../support/provider-emulator.ts';
import { startRedis } from '../../support/redis.ts';
import { type Directus, startDirectus } from './directus.ts';
import { ADMIN, type DirectusProcess } from './process.ts';

/** Two processes on one Redis. */
export interface TwoWays {
	emulator: ProviderEmulator;
	directus: Directus;
	/** With the lane. */
	lane: DirectusProcess;
	/** Without it. */
	normal: DirectusProcess;
	stop: () => Promise<void>;
}

/** `env`: of both. */
export async function startTwoWays(env: Record<string, string> = {}): Promise<TwoWays> {
	const emulator = await startProviderEmulator();
	const redis = await startRedis();
	const shared = { ...emulator.environment(), AI_CACHE_REDIS: redis.url, AI_CACHE_AUTH_MEMO: '60s' };
	const directus = await startDirectus({ env: { ...shared, ...env } });
	const stop = async (): Promise<void> => {
		await directus.stop();
		await redis.stop();
		await emulator.stop();
	};
	const normal = await directus.join({ AI_CACHE_AUTH_MEMO: '0' });
	return { emulator, directus, lane: directus.process(0), normal, stop };
}

/** An answer as it came. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string;
}

/** What is asked, by an admin unless it says otherwise. */
export interface Sent {
	path: string;
	body: string;
	headers?: Record<string, string>;
	token?: string | null;
}

let marks = 0;

/** Asks that process. */
export async function send(
	{ url }: DirectusProcess,
	{ path, body, headers = {}, token = ADMIN.token }: Sent,
): Promise<Answer> {
	const response = await fetch(url + path, {
		method: 'POST',
		body,
		headers: {
			'content-type': 'application/json',
			...(token !== null && { authorization: `Bearer ${token}` }),
			...headers,
		},
	});
	return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** Waits until the lane may remember callers: who may do what has to be known for a second before. */
export async function untilSettled(lane: DirectusProcess): Promise<void> {
	const body = JSON.stringify({ provider: 'openai', model: 'gpt-4o-mini', prompt: 'Settled' });
	// The first may find none and make one; the second comes to know it.
	for (let times = 0; times < 2; times++) await send(lane, { path: '/ai-cache/lookup', body });
	await new Promise((resolve) => setTimeout(resolve, 1100));
}

/** What may differ between two answers given one after the other: the clock's readings. */
export function comparable({ status, headers, body }: Answer): Answer {
	const { date: _, age: __, ...rest } = headers;
	const withoutTime = (text: string): string => text.replace(/("age":|"ttl":|ttl=|retry-after":")\d+/g, '$1N');
	return {
		status,
		headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, withoutTime(value)])),
		body: withoutTime(body),
	};
}

/** How many requests went the normal way: Directus logs each of those, and none that the lane answered. */
const loggedRequests = (process: DirectusProcess): number => process.logs().split('/ai-cache/').length;

/** Waits until the log has come up with what was answered so far: lines are written a moment after the answer. */
export async function logged(process: DirectusProcess): Promise<number> {
	const mark = `/server/ping?mark=${++marks}`;
	await (await fetch(process.url + mark)).text();
	await expect.poll(() => process.logs().includes(mark)).toBe(true);
	return loggedRequests(process);
}

/** What a native answer says. */
export const answerIn = ({ body }: Answer): GenerationAnswer => (JSON.parse(body) as { data: GenerationAnswer }).data;
