import { createParser } from 'eventsource-parser';

export interface ServerSentEvent {
	event: string | undefined;
	data: string;
}

/** Reads an event stream from its bytes, wherever the chunks were cut: within a line, or within a character. */
export interface EventDecoder {
	/** The events that these bytes completed. */
	push(bytes: Uint8Array): ServerSentEvent[];
}

/** An event that no blank line ends is none, as the specification has it (HTML Living Standard §9.2.6). */
export function eventDecoder(): EventDecoder {
	const text = new TextDecoder('utf-8');
	let events: ServerSentEvent[] = [];
	const parser = createParser({ onEvent: ({ event, data }) => events.push({ event, data }) });
	return {
		push(bytes) {
			parser.feed(text.decode(bytes, { stream: true }));
			const completed = events;
			events = [];
			return completed;
		},
	};
}

/** One event as it goes over the wire. `data` has no line breaks: JSON, or a word such as `[DONE]`. */
export const eventText = (data: string, event?: string): string =>
	event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
