import { setTimeout as wait } from 'node:timers/promises';

import type { DirectusProcess } from '../process.ts';

const INTERVAL_MS = 40;
/** Authenticating, looking up, generating, storing. */
const STEPS = 4;
const TIMEOUT_MS = 30_000;

/**
 * Asks a process for nothing at all, again and again. What this takes is the machine's and Directus' own delay, for
 * which the cache is not to blame.
 */
export class PingObserver {
	readonly #pings: { started: number; ended: number }[] = [];
	/** When the ping that waits for its answer began. */
	#pending: number | null = null;
	readonly #url: string;
	readonly #stopped = new AbortController();
	readonly #running: Promise<void>;

	constructor(process: DirectusProcess) {
		this.#url = `${process.url}/server/ping`;
		this.#running = this.#run();
	}

	/** How much of a request's time was the machine's delay: each of its steps may meet the slowest ping near it. */
	estimateNoise(started: number, ended: number): number {
		return STEPS * this.#findSlowest(started, ended);
	}

	/** How long each ping since that moment took. */
	timesSince(moment: number): number[] {
		return this.#pings.filter(({ started }) => started >= moment).map(({ started, ended }) => ended - started);
	}

	#findSlowest(started: number, ended: number): number {
		let slowest = this.#pending === null ? 0 : performance.now() - this.#pending;
		for (let index = this.#pings.length - 1; index >= 0; index--) {
			const ping = this.#pings[index]!;
			if (ping.ended < started - INTERVAL_MS - 1000) break;
			if (ping.started > ended + INTERVAL_MS || ping.ended < started - INTERVAL_MS) continue;
			slowest = Math.max(slowest, ping.ended - ping.started);
		}
		return slowest;
	}

	async stop(): Promise<void> {
		this.#stopped.abort();
		await this.#running;
	}

	async #run(): Promise<void> {
		while (!this.#stopped.signal.aborted) {
			const started = performance.now();
			this.#pending = started;
			try {
				await (await fetch(this.#url, { signal: AbortSignal.timeout(TIMEOUT_MS) })).text();
			} catch {
				// A process that is gone: its requests fail by themselves.
			}
			this.#pending = null;
			this.#pings.push({ started, ended: performance.now() });
			await wait(INTERVAL_MS);
		}
	}
}
