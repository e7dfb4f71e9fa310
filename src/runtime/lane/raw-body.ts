import type { IncomingMessage } from 'node:http';

/** Larger bodies take the normal way; a stream holds this much before it stops reading. */
export const MAX_PEEK_BYTES = 60 * 1024;

/**
 * Hands the whole body to `done` and leaves it in the stream for whoever reads it next; null where it did not come as
 * announced. Nothing is consumed: what `read()` took out is put back in the same tick, before the stream can end.
 */
export function peekBody(request: IncomingMessage, length: number, done: (body: Buffer | null) => void): void {
	const settle = (body: Buffer | null): void => {
		request.off('readable', look);
		request.off('close', leave);
		request.off('error', leave);
		// The stream leaves its paused state a tick after the last of these listeners.
		process.nextTick(done, body);
	};
	const leave = (): void => settle(null);
	const look = (): void => {
		if (request.readableLength < length) {
			if (request.readableEnded || request.destroyed) leave();
			else request.read(0);
			return;
		}
		const body = request.read() as Buffer | null;
		if (body !== null) request.unshift(body);
		settle(body !== null && body.length === length ? body : null);
	};
	request.on('readable', look);
	request.on('close', leave);
	request.on('error', leave);
}
