import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { type RecordedRequest, recordRequest } from './recorded-request.ts';

/** One thing that the provider does with the answer's body. */
export type Step =
	| { write: string | Buffer }
	/** Milliseconds. */
	| { wait: number }
	/** Until the test says so. */
	| { until: Promise<unknown> }
	/** Breaks the connection in the middle. */
	| { destroy: true }
	/** Never ends; the connection stays open until the caller leaves or the provider stops. */
	| { hang: true };

export interface RawAnswer {
	/** Default 200. */
	status?: number;
	/** Default `content-type: application/json`. */
	headers?: Record<string, string>;
	/** The whole body at once, or the steps by which it goes out; it ends after the last. */
	body?: string | Buffer | Step[];
}

export type RawAnswerer = RawAnswer | ((request: RecordedRequest, call: number) => RawAnswer | Promise<RawAnswer>);

/** Plays given bytes back with given timing and keeps what it was asked, byte for byte. */
export interface RawProvider {
	readonly url: string;
	readonly requests: RecordedRequest[];
	/** Answers every request from now on. */
	answer(answerer: RawAnswerer): void;
	/** Answers the next request alone, before `answer`'s. May be called several times. */
	answerOnce(answerer: RawAnswerer): void;
	/** Resolves when so many requests have come since the start or the last `reset()`. */
	whenAsked(times: number): Promise<void>;
	/** Resolves when the caller of that request has gone before its answer was complete. */
	whenAborted(index: number): Promise<void>;
	reset(): void;
	stop(): Promise<void>;
}

export async function startRawProvider(answerer: RawAnswerer = { status: 404, body: '{}' }): Promise<RawProvider> {
	let standing = answerer;
	let queue: RawAnswerer[] = [];
	const requests: RecordedRequest[] = [];
	const listeners = new Set<() => void>();
	const changed = () => listeners.forEach((listener) => listener());

	const server = createServer((incoming, response) => {
		void (async () => {
			const request = await recordRequest(incoming);
			requests.push(request);
			response.once('close', () => {
				request.aborted = !response.writableEnded;
				changed();
			});
			changed();
			const chosen = queue.shift() ?? standing;
			const answer = typeof chosen === 'function' ? await chosen(request, requests.length) : chosen;
			await play(response, answer);
		})().catch((error: unknown) => response.destroy(error as Error));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

	const when = (condition: () => boolean) =>
		new Promise<void>((resolve) => {
			const check = () => {
				if (!condition()) return;
				listeners.delete(check);
				resolve();
			};
			listeners.add(check);
			check();
		});

	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		requests,
		answer: (next) => {
			standing = next;
		},
		answerOnce: (next) => queue.push(next),
		whenAsked: (times) => when(() => requests.length >= times),
		whenAborted: (index) => when(() => requests[index]?.aborted === true),
		reset: () => {
			requests.length = 0;
			queue = [];
		},
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

async function play(response: ServerResponse, answer: RawAnswer): Promise<void> {
	response.writeHead(answer.status ?? 200, answer.headers ?? { 'content-type': 'application/json' });
	const body = answer.body ?? '';
	if (!Array.isArray(body)) {
		response.end(body);
		return;
	}
	response.flushHeaders();
	for (const step of body) {
		if (response.destroyed) return;
		if ('hang' in step) return;
		if ('destroy' in step) {
			response.destroy();
			return;
		}
		if ('write' in step) await new Promise((resolve) => response.write(step.write, resolve));
		else if ('wait' in step) await wait(step.wait);
		else await step.until;
	}
	response.end();
}

/** `data: …` lines of a server-sent event stream, one step an event. */
export function eventSteps(events: (string | { event: string; data: string })[], pauseMs = 0): Step[] {
	return events.flatMap((event) => {
		const text = typeof event === 'string' ? `data: ${event}\n\n` : `event: ${event.event}\ndata: ${event.data}\n\n`;
		return pauseMs > 0 ? [{ wait: pauseMs }, { write: text }] : [{ write: text }];
	});
}
