import type { ServerResponse } from 'node:http';
import { EVENT_STREAM, write } from './event-stream.ts';

export interface StreamTiming {
	/** Milliseconds after which a response begins though nothing has come yet. */
	headAfterMs: number;
	/** Milliseconds without a byte after which a comment is sent. */
	commentAfterMs: number;
}

/** Proxies and clients give up on a response that is silent for 30 or 60 seconds; comments go out well before that. */
export const STREAM_TIMING: StreamTiming = { headAfterMs: 10_000, commentAfterMs: 10_000 };

export interface EventStreamSettings {
	/** Sets status and headers of a response that begins before it is known what it will hold. */
	setEarlyHead: () => void;
	/** Whether the protocol's clients take comments. Default true. */
	comments?: boolean;
	timing?: StreamTiming;
}

/**
 * A response that is an event stream and is never silent for long. Its head goes out when it is begun, or when its time
 * has come; comments follow while nothing else does. Whole lines alone are written, so that a comment or an error event
 * can follow at any time. Before the head, errors are the caller's matter; after it `fail` reports them.
 */
export class EventStreamResponse {
	readonly #response: ServerResponse;
	readonly #comments: boolean;
	readonly #commentAfterMs: number;
	readonly #headTimer: NodeJS.Timeout;
	#commentTimer: NodeJS.Timeout | null = null;
	/** The beginning of a line whose end has not come yet. */
	#line: Uint8Array[] = [];
	/** The last that was written: it decides on what may follow. */
	#tail = '\n\n';

	constructor(
		response: ServerResponse,
		{ setEarlyHead, comments = true, timing = STREAM_TIMING }: EventStreamSettings,
	) {
		this.#response = response;
		this.#comments = comments;
		this.#commentAfterMs = timing.commentAfterMs;
		this.#headTimer = setTimeout(() => this.begin(setEarlyHead), timing.headAfterMs);
		response.once('close', () => this.stop());
	}

	/** Whether the head went out. */
	get begun(): boolean {
		return this.#response.headersSent;
	}

	/** Sends the head, which `setHead` sets, unless it went out already. */
	begin(setHead: () => void): void {
		clearTimeout(this.#headTimer);
		if (this.begun || this.#response.destroyed) return;
		setHead();
		const type = this.#response.getHeader('Content-Type');
		if (!String(type).includes('event-stream')) this.#response.setHeader('Content-Type', EVENT_STREAM);
		this.#response.removeHeader('Content-Length');
		this.#response.flushHeaders();
		if (this.#comments) this.#commentTimer = setInterval(() => this.#writeComment(), this.#commentAfterMs);
	}

	/** Writes the lines that are complete, and settles when the response takes more, or nothing any more. */
	async write(chunk: string | Uint8Array): Promise<void> {
		const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
		const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
		if (end === 0) {
			this.#line.push(bytes);
			return;
		}
		const lines =
			this.#line.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...this.#line, bytes.subarray(0, end)]);
		this.#line = end < bytes.length ? [bytes.subarray(end)] : [];
		await this.#writeLines(lines);
	}

	/** Ends the stream as it came, the last line included. */
	async end(): Promise<void> {
		this.stop();
		if (this.#response.destroyed) return;
		if (this.#line.length > 0) await write(this.#response, Buffer.concat(this.#line));
		this.#response.end();
	}

	/** Ends the stream with an event that reports an error, in place of a line that has no end. */
	fail(event: string): void {
		this.stop();
		if (this.#response.destroyed) return;
		this.#response.end(this.#isBetweenEvents() ? event : `\n\n${event}`);
	}

	/** Ends the timers. To be called if the response goes on without this. */
	stop(): void {
		clearTimeout(this.#headTimer);
		if (this.#commentTimer) clearInterval(this.#commentTimer);
	}

	#writeLines(lines: Uint8Array): Promise<void> {
		this.#commentTimer?.refresh();
		this.#tail = (this.#tail + Buffer.from(lines.subarray(-4)).toString('latin1')).slice(-4);
		return write(this.#response, lines);
	}

	#isBetweenEvents(): boolean {
		return /(?:\n\n|\r\n\r\n|\r\r)$/.test(this.#tail);
	}

	#writeComment(): void {
		// A line feed may still belong to a carriage return, and a reader who takes nothing needs no comment.
		const isCut = this.#tail.endsWith('\r') && !this.#isBetweenEvents();
		if (isCut || this.#response.writableNeedDrain) return;
		this.#response.write(this.#isBetweenEvents() ? ': keep-alive\n\n' : ': keep-alive\n');
	}
}

const LF = 10;
const CR = 13;
