import { createParser } from 'eventsource-parser';

export interface ServerSentEvent {
	event: string | undefined;
	data: string;
}

/** Reads an event stream from its bytes, wherever the chunks were cut: within a line, or within a character. */
export interface EventDecoder {
	/** The events that these bytes completed. */
	push(bytes: Uint8Array): ServerSentEvent[];
	/** The event that the stream ended with, where no blank line came after it. Nothing may be pushed any more. */
	end(): ServerSentEvent[];
}

/**
 * An event that no blank line ends is none by the specification (HTML Living Standard §9.2.6), but SDKs read it, and
 * some servers leave the last blank line out.
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

/** Makes every line end `\n`: the parser looks for both kinds anew at each line, to the chunk's end. */
function lineEnds(): (text: string) => string {
	let wasReturn = false;
	return (text) => {
		if (text === '') return text;
		const rest = wasReturn && text.startsWith('\n') ? text.slice(1) : text;
		wasReturn = text.endsWith('\r');
		return rest.replace(/\r\n?/g, '\n');
	};
}

/** One event as it goes over the wire. `data` has no line breaks: JSON, or a word such as `[DONE]`. */
export const eventText = (data: string, event?: string): string =>
	event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;

/** The word that ends the streams of chat completions; some servers put it, or spaces, where it means nothing. */
export const isDone = (data: string): boolean => data.trim() === '[DONE]';

/** Whether an event is no message: without data, or `[DONE]`. */
export const saysNothing = ({ event, data }: ServerSentEvent): boolean =>
	event !== 'error' && (data.trim() === '' || isDone(data));

/** What the first line of an event stream begins with. */
const STARTS = ['data:', 'event:', 'id:', 'retry:', ':'] as const;

/** Whether a body that begins like this is an event stream; null if that cannot be decided yet. */
export function startsLikeEvents(text: string): boolean | null {
	const start = text.slice(0, 1000).replace(/^[\uFEFF\s]+/, '');
	if (STARTS.some((field) => start.startsWith(field))) return true;
	return STARTS.some((field) => field.startsWith(start)) ? null : false;
}
