import { createParser } from 'eventsource-parser';

export interface ServerSentEvent {
	event: string | undefined;
	data: string;
}

/** Decodes an event stream. Chunks may be cut anywhere, even within a character. */
export interface EventDecoder {
	/** Returns the events that these bytes complete. */
	push(bytes: Uint8Array): ServerSentEvent[];
	/** Returns the last event if no blank line ended it. Nothing may be pushed afterwards. */
	end(): ServerSentEvent[];
}

/**
 * Creates a decoder for server-sent events. The specification drops an event without a blank line after it (HTML Living
 * Standard §9.2.6). The decoder keeps it, as SDKs do, because some servers omit the last blank line.
 */
export function eventDecoder(): EventDecoder {
	const text = new TextDecoder('utf-8');
	const unify = lineEnds();
	let events: ServerSentEvent[] = [];
	const parser = createParser({ onEvent: ({ event, data }) => events.push({ event, data }) });
	const completed = (): ServerSentEvent[] => {
		const found = events;
		events = [];
		return found;
	};
	return {
		push(bytes) {
			parser.feed(unify(text.decode(bytes, { stream: true })));
			return completed();
		},
		end() {
			parser.feed(`${unify(text.decode())}\n\n`);
			return completed();
		},
	};
}

/** Converts line ends to `\n`. The parser would otherwise search each chunk for both kinds at every line. */
function lineEnds(): (text: string) => string {
	let wasReturn = false;
	return (text) => {
		if (text === '') return text;
		const rest = wasReturn && text.startsWith('\n') ? text.slice(1) : text;
		wasReturn = text.endsWith('\r');
		return rest.replace(/\r\n?/g, '\n');
	};
}

/** Formats one event for the wire. `data` must not contain line breaks: it is JSON or a word such as `[DONE]`. */
export const eventText = (data: string, event?: string): string =>
	event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;

/** True for the word that ends chat completion streams. Some servers pad it with spaces or send it without need. */
export const isDone = (data: string): boolean => data.trim() === '[DONE]';

/** True if an event carries no message: it has no data, or only `[DONE]`. */
export const saysNothing = ({ event, data }: ServerSentEvent): boolean =>
	event !== 'error' && (data.trim() === '' || isDone(data));

/** Possible beginnings of an event stream's first line. */
const STARTS = ['data:', 'event:', 'id:', 'retry:', ':'] as const;

/** Tells from a body's beginning whether it is an event stream. Returns null if more text is needed. */
export function startsLikeEvents(text: string): boolean | null {
	const start = text.slice(0, 1000).replace(/^[\uFEFF\s]+/, '');
	if (STARTS.some((field) => start.startsWith(field))) return true;
	return STARTS.some((field) => field.startsWith(start)) ? null : false;
}
