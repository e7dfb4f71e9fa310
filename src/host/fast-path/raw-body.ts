import type { IncomingMessage } from 'node:http';

/** Larger bodies take the normal way; a stream holds this much before it stops reading. */
export const MAX_BODY_BYTES = 60 * 1024;

/** Whether an offered body was taken; false at once, or later. */
export type Taking = false | Promise<boolean>;

/**
 * Offers the whole body to `take`. If that refuses or fails, or the body did not come as announced, the body is left in
 * the stream for whoever reads it next, and `pass` is called: what `read()` took out is put back in the same tick, before
 * the stream can end.
 */
export function takeBody(
	request: IncomingMessage,
	length: number,
	take: (body: Buffer) => Taking,
	pass: () => void,
): void {
	const leave = (): void => {
		request.off('readable', look);
		request.off('close', settle);
		request.off('error', settle);
	};
	const settle = (): void => {
		leave();
		// The stream leaves its paused state a tick after the last of these listeners.
		process.nextTick(pass);
	};
	const look = (): void => {
		if (request.readableLength < length) {
			if (request.readableEnded || request.destroyed) settle();
			else request.read(0);
			return;
		}
		const body = request.read() as Buffer | null;
		const taking = body?.length === length && attempt(take, body);
		if (body !== null) request.unshift(body);
		if (taking === false) {
			settle();
			return;
		}
		leave();
		taking.then((taken) => (taken ? request.resume() : pass()), pass);
	};
	request.on('readable', look);
	request.on('close', settle);
	request.on('error', settle);
}

function attempt(take: (body: Buffer) => Taking, body: Buffer): Taking {
	try {
		return take(body);
	} catch {
		return false;
	}
}
