import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../cache/clock.ts';

export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Writes a chunk. Resolves when the response accepts more, or is closed. */
export async function write(response: ServerResponse, chunk: string | Uint8Array): Promise<void> {
	if (response.write(chunk) || response.destroyed) return;
	const controller = new AbortController();
	const { signal } = controller;
	await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(() => {});
	controller.abort();
}

/** Writes events at the given rate, 0 for all at once. Stops if the caller disconnects. `pause` takes milliseconds. */
export async function writeEvents(
	response: ServerResponse,
	events: readonly string[],
	eventsPerSecond: number,
	clock: Clock,
	pause: (ms: number) => Promise<unknown> = sleep,
): Promise<void> {
	if (eventsPerSecond === 0) {
		await write(response, events.join(''));
		return;
	}
	const started = clock.now();
	for (const [index, event] of events.entries()) {
		const wait = started + (index * 1000) / eventsPerSecond - clock.now();
		if (wait > 0) await pause(wait);
		if (response.destroyed) return;
		await write(response, event);
	}
}
