import type { ServerResponse } from 'node:http';
import { EVENT_STREAM, write } from './event-stream.ts';

export interface StreamTiming {
	/** Milliseconds after which the head is sent even if no data has arrived. */
	headAfterMs: number;
	/** Milliseconds of silence after which a comment is sent. */
	commentAfterMs: number;
}

/** Well below the 30 or 60 seconds of silence after which proxies and clients give up. */
export const STREAM_TIMING: StreamTiming = { headAfterMs: 10_000, commentAfterMs: 10_000 };

export interface EventStreamSettings {
	/** Sets status and headers if the head is sent before the content is known. */
	setEarlyHead: () => void;
	/** Whether the protocol's clients accept comments. Default true. */
	comments?: boolean;
	timing?: StreamTiming;
}

/**
 * An event-stream response that is never silent for long. Sends its head on `begin`, or after a time limit, and then
 * comments while there is no data. Writes only whole lines, so that a comment or an error event can follow at any time.
 * Before the head is sent, the caller handles errors. After it, `fail` reports them.
 */
export class EventStreamResponse {
	readonly #response: ServerResponse;
	readonly #comments: boolean;
	readonly #commentAfterMs: number;
	readonly #headTimer: NodeJS.Timeout;
	#commentTimer: NodeJS.Timeout | null = null;
	/** The start of an incomplete line. */
	#line: Uint8Array[] = [];
	/** The last characters written. They decide what may follow. */
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

	/** Whether the head was sent. */
	get begun(): boolean {
		return this.#response.headersSent;
	}

	/** Sends the head that `setHead` sets, unless it was sent already. */
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

	/** Writes the complete lines. Resolves when the response accepts more, or is closed. */
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

	/** Writes the last line and ends the stream. */
	async end(): Promise<void> {
		this.stop();
		if (this.#response.destroyed) return;
		if (this.#line.length > 0) await write(this.#response, Buffer.concat(this.#line));
		this.#response.end();
	}

	/** Ends the stream with an error event. Drops an incomplete line. */
	fail(event: string): void {
		this.stop();
		if (this.#response.destroyed) return;
		this.#response.end(this.#isBetweenEvents() ? event : `\n\n${event}`);
	}

	/** Stops the timers. Call it if something else continues the response. */
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
		// After a carriage return, a line feed may follow. A reader that is not reading needs no comment.
		const isCut = this.#tail.endsWith('\r') && !this.#isBetweenEvents();
		if (isCut || this.#response.writableNeedDrain) return;
		this.#response.write(this.#isBetweenEvents() ? ': keep-alive\n\n' : ': keep-alive\n');
	}
}

const LF = 10;
const CR = 13;
