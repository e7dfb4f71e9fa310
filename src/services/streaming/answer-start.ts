import { findErrorStatus, isErrorBody, readErrorEvent } from '../../providers/shared/error-body.ts';
import type { ReceivedHeaders } from '../../providers/http/headers.ts';
import { parseObject } from '../../providers/json/json.ts';
import { eventDecoder, saysNothing, type ServerSentEvent, startsLikeEvents } from '../../providers/http/sse.ts';
import { readWhole, type ReceivedHead, type UpstreamAnswer } from '../../providers/http/http-client.ts';
import type { UpstreamStream } from '../../providers/http/http-request.ts';

/** An answer of which so much was read as decides whether it is asked for again. */
export interface Beginning extends ReceivedHead {
	/** The HTTP status, or the one that an error within a 200 stands for. */
	status: number;
	/** With `bytes` if events came, from the first on. */
	answer: UpstreamStream | UpstreamAnswer;
}

/** Milliseconds in which a body may follow its head and still decide on the status that the caller gets. */
const HEAD_GRACE_MS = 20;
/** What is held back at most of a stream whose first event has not come. */
const MAX_HELD_BYTES = 65_536;
/** Of an answer without any byte: worth another try. */
const NOTHING_CAME = 502;
/** An error that is larger is no error. */
const MAX_ERROR_BYTES = 65_536;

/**
 * Reads a body to its end, or its stream to the first event if a stream was asked for. The content, not its type,
 * decides which of the two came. `onHead` is called if a stream's head is there and its body takes its time.
 */
export async function readBeginning(
	stream: UpstreamStream,
	asksForStream: boolean,
	onHead: (headers: ReceivedHeaders) => void,
): Promise<Beginning> {
	if (stream.status >= 300 || !asksForStream) return wholeBeginning(await readWhole(stream));
	const timer = isOtherType(stream.headers) ? undefined : setTimeout(() => onHead(stream.headers), HEAD_GRACE_MS);
	try {
		return await readFirstEvent(stream);
	} finally {
		clearTimeout(timer);
	}
}

/** Whether the type promises no events. A wrong type may still hold some: the body tells. */
const isOtherType = (headers: ReceivedHeaders): boolean =>
	/\b(?:json|html|xml)\b/i.test(headers['content-type']?.toString() ?? '');

function wholeBeginning(answer: UpstreamAnswer): Beginning {
	return { status: statusOfWhole(answer), headers: answer.headers, answer };
}

function statusOfWhole({ status, body }: UpstreamAnswer): number {
	if (status >= 300 || body.length > MAX_ERROR_BYTES) return status;
	if (body.length === 0) return NOTHING_CAME;
	const parsed = body.includes('error') ? parseObject(body.toString()) : null;
	// A response of OpenAI's that failed is an answer with an error in it.
	if (parsed === null || !isErrorBody(parsed) || 'output' in parsed) return status;
	return findErrorStatus(parsed) ?? status;
}

async function readFirstEvent(stream: UpstreamStream): Promise<Beginning> {
	const chunks = stream.bytes[Symbol.asyncIterator]();
	const decoder = eventDecoder();
	const held: Uint8Array[] = [];
	let size = 0;
	let isEvents: boolean | null = null;
	for (;;) {
		const next = await chunks.next();
		if (!next.done) {
			held.push(next.value);
			size += next.value.byteLength;
		}
		isEvents ??= startsLikeEvents(Buffer.concat(held).toString());
		const events = next.done ? decoder.end() : decoder.push(next.value);
		const event = events.find(isFirstEvent);
		if (event === undefined && !next.done && isEvents !== false && size <= MAX_HELD_BYTES) continue;
		const bytes = resume(held, chunks);
		if (isEvents === false || (event === undefined && next.done)) {
			return wholeBeginning(await readWhole({ ...stream, bytes }));
		}
		const error = event && readErrorEvent(event);
		const status = (error && findErrorStatus(error)) ?? stream.status;
		return { status, headers: stream.headers, cancel: () => stream.cancel(), answer: { ...stream, bytes } };
	}
}

const isFirstEvent = (event: ServerSentEvent): boolean =>
	event.event !== 'ping' && (!saysNothing(event) || event.data.trim() !== '');

/** What was read already, and the rest. */
async function* resume(held: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
	try {
		for (const chunk of held) if (chunk.byteLength > 0) yield chunk;
		for (;;) {
			const next = await rest.next();
			if (next.done) return;
			yield next.value;
		}
	} finally {
		await rest.return?.();
	}
}
