import type { Response } from 'express';
import type { CacheStatus } from '../../contract.ts';
import type { Clock } from '../../cache/clock.ts';
import { eventText } from '../../providers/sse.ts';
import { apiErrors } from '../../runtime/api-errors.ts';
import { setCacheHeaders } from '../../runtime/cache-headers.ts';
import type { NativeStream } from '../../runtime/streaming/native-streams.ts';
import { writeEvents } from '../event-stream.ts';
import { EventStreamResponse, type StreamTiming } from '../event-stream-response.ts';

export interface NativeStreamRequest {
	key: string;
	/** Asks for it; `onHead` is called if the provider's head is there and its body takes its time. */
	open(onHead: (status: CacheStatus) => void): Promise<NativeStream>;
	comments: boolean;
	/** Pace of an answer that is there at once, 0 for at once. */
	eventsPerSecond: number;
	clock: Clock;
	timing?: StreamTiming;
}

/**
 * Server-sent events of `{delta}`, then one of `{data}`, the answer as it is without `stream`; or one of `{errors}` if it
 * fails on the way. Rejects with what it fails with before the head went out.
 */
export async function sendNativeStream(response: Response, request: NativeStreamRequest): Promise<void> {
	const { key, comments, eventsPerSecond, clock, timing } = request;
	const begin = (status: CacheStatus): void =>
		stream.begin(() => setCacheHeaders(response, { status, key, age: 0, ttl: 0, stored: false }));
	const setEarlyHead = (): void => setCacheHeaders(response, { status: 'MISS', key, age: 0, ttl: 0, stored: false });
	const stream = new EventStreamResponse(response, { setEarlyHead, comments, ...(timing && { timing }) });
	try {
		const opened = await request.open(begin);
		const { deltas } = opened;
		if (Array.isArray(deltas)) {
			const { cache } = await opened.answer();
			stream.begin(() => setCacheHeaders(response, { ...cache, stored: cache.not_stored === undefined }));
			await writeEvents(response, deltas.map(formatDelta), eventsPerSecond, clock);
		} else {
			begin(opened.status);
			for await (const delta of deltas) await stream.write(formatDelta(delta));
		}
		await stream.write(formatEvent({ data: await opened.answer() }));
		await stream.end();
	} catch (error) {
		if (!stream.begun) throw error;
		stream.fail(formatEvent({ errors: apiErrors(error) }));
	} finally {
		stream.stop();
	}
}

const formatEvent = (content: object): string => eventText(JSON.stringify(content));
const formatDelta = (delta: string): string => formatEvent({ delta });
