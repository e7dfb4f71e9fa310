import type { Response } from 'express';
import type { Clock } from '../cache/clock.ts';
import { eventText } from '../providers/sse.ts';
import { apiErrors } from '../runtime/api-errors.ts';
import { setCacheHeaders } from '../runtime/cache-headers.ts';
import type { NativeStream } from '../runtime/streaming/native-streams.ts';
import { EVENT_STREAM, write, writeEvents } from './event-stream.ts';

/**
 * Server-sent events of `{delta}`, then one of `{data}`, the answer as it is without `stream`; or one of `{errors}`
 * where it fails on the way. `eventsPerSecond`: pace of an answer that is there at once, 0 for at once.
 */
export async function sendNativeStream(
	response: Response,
	stream: NativeStream,
	eventsPerSecond: number,
	clock: Clock,
): Promise<void> {
	const { status, key, deltas } = stream;
	response.setHeader('Content-Type', EVENT_STREAM);
	if (Array.isArray(deltas)) {
		const { cache } = await stream.answer();
		setCacheHeaders(response, { ...cache, stored: cache.not_stored === undefined });
	} else setCacheHeaders(response, { status, key, age: 0, ttl: 0, stored: false });
	response.flushHeaders();
	try {
		if (Array.isArray(deltas)) await writeEvents(response, deltas.map(deltaEvent), eventsPerSecond, clock);
		else for await (const delta of deltas) await write(response, deltaEvent(delta));
		await write(response, event({ data: await stream.answer() }));
	} catch (error) {
		await write(response, event({ errors: apiErrors(error) }));
	}
	response.end();
}

const event = (content: object): string => eventText(JSON.stringify(content));
const deltaEvent = (delta: string): string => event({ delta });
