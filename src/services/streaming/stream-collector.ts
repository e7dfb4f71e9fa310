import type { JsonObject } from '../../shared/api-types.ts';
import { TooLargeError } from '../../cache/errors.ts';
import { findWords, readErrorEvent } from '../../providers/shared/error-body.ts';
import { isNestedTooDeeply } from '../../providers/json/nesting.ts';
import type { StreamAssembler } from '../../providers/adapter.ts';
import { eventDecoder, type ServerSentEvent } from '../../providers/http/sse.ts';
import { shortenReason } from '../errors/redaction.ts';
import { UnusableStream } from '../errors/incomplete-stream.ts';

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
	#errorWords: string | null = null;

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

	/** The whole answer if the provider's bytes ended properly and left nothing open. */
	end(): JsonObject | null {
		const events = this.#decoder.end();
		this.#assembler.end();
		return this.#take(events, true);
	}

	#take(events: readonly ServerSentEvent[], ended = false): JsonObject | null {
		let mayBeWhole = ended;
		for (const event of events) {
			this.#assembler.push(event);
			this.#errorWords ??= findWords(readErrorEvent(event) ?? undefined);
			mayBeWhole ||= ENDINGS.has(event.event) || MAY_END.test(event.data);
		}
		const result = mayBeWhole ? this.#assembler.result() : null;
		if (!result?.complete) return null;
		if (isNestedTooDeeply(result.body)) throw new UnusableStream('nested_too_deeply');
		return result.body;
	}

	#weigh(arrived: number): void {
		this.#passed += arrived;
		if (this.#passed <= this.#maxBytes) return;
		this.#passed = 0;
		if (this.#assembler.weigh() > this.#maxBytes) throw new TooLargeError();
	}

	/** The error of a stream that ended and makes no whole answer. */
	get failure(): UnusableStream {
		const result = this.#assembler.result();
		return new UnusableStream(
			result.complete ? '' : result.reason,
			this.#errorWords && shortenReason(this.#errorWords),
		);
	}
}
