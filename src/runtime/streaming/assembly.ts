import type { JsonObject } from '../../contract.ts';
import { TooLargeError } from '../../cache/errors.ts';
import type { StreamAssembler } from '../../providers/provider.ts';
import { eventDecoder, type ServerSentEvent } from '../../providers/sse.ts';

/** Events after which a stream may be whole; asking the assembler after every one would cost more than the stream. */
const MAY_END = /^\s*\[DONE\]\s*$|"(?:message_stop|response\.(?:completed|incomplete))"/;
const ENDINGS: ReadonlySet<string | undefined> = new Set(['message_stop', 'response.completed', 'response.incomplete']);

/**
 * Puts the answer together beside a stream that passes by. A stream's bytes are many times those of its answer: what
 * counts for the limit is the answer alone, weighed each time that as many bytes as the limit allows have passed.
 */
export class Assembly {
	readonly #assembler: StreamAssembler;
	readonly #maxBytes: number;
	readonly #decoder = eventDecoder();
	#passed = 0;

	constructor(assembler: StreamAssembler, maxBytes: number) {
		this.#assembler = assembler;
		this.#maxBytes = maxBytes;
	}

	/** The whole answer where these bytes ended it, else null. Throws `TooLargeError` where it grows beyond the limit. */
	push(bytes: Uint8Array): JsonObject | null {
		const body = this.#take(this.#decoder.push(bytes));
		if (body === null) this.#weigh(bytes.byteLength);
		return body;
	}

	/** The whole answer where the last event, with nothing after it, ended it. */
	end(): JsonObject | null {
		return this.#take(this.#decoder.end());
	}

	#take(events: readonly ServerSentEvent[]): JsonObject | null {
		let mayBeWhole = false;
		for (const event of events) {
			this.#assembler.push(event);
			mayBeWhole ||= ENDINGS.has(event.event) || MAY_END.test(event.data);
		}
		const result = mayBeWhole ? this.#assembler.result() : null;
		return result?.complete ? result.body : null;
	}

	#weigh(arrived: number): void {
		this.#passed += arrived;
		if (this.#passed <= this.#maxBytes) return;
		this.#passed = 0;
		if (this.#assembler.weigh() > this.#maxBytes) throw new TooLargeError();
	}

	/** A stable word for what the stream lacks to be a whole answer. */
	get incomplete(): string {
		const result = this.#assembler.result();
		return result.complete ? '' : result.reason;
	}
}
