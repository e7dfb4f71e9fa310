import type { Response } from 'express';
import type { CacheStatus } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { eventText } from '../../providers/http/sse.ts';
import { apiErrors } from '../../services/errors/batch-result.ts';
import { setCacheHeaders } from '../../host/http/cache-headers.ts';
import type { NativeStream } from '../../services/generation/streaming-service.ts';
import { writeEvents } from '../event-stream.ts';
import { EventStreamResponse, type StreamTiming } from '../event-stream-response.ts';

export interface NativeStreamRequest {
	key: string;
	/** Opens the stream. Calls `onHead` if the provider's head arrives long before its body. */
	open(onHead: (status: CacheStatus) => void): Promise<NativeStream>;
	comments: boolean;
	/** Rate of replayed events, 0 for all at once. */
	eventsPerSecond: number;
	clock: Clock;
	timing?: StreamTiming;
}

/**
 * Sends `{delta}` events, then one `{data}` event with the same answer as without `stream`. If the stream fails, sends one
 * `{errors}` event. Rejects if it fails before the head is sent.
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
