import type { JsonObject } from '../../contract.ts';
import type { StreamAssembler } from '../../providers/provider.ts';
import { eventDecoder } from '../../providers/sse.ts';

/** Events after which a stream may be whole; asking the assembler after every one would cost more than the stream. */
const MAY_END = /^\[DONE\]$|"(?:message_stop|response\.(?:completed|incomplete))"/;

/** Puts the answer together beside a stream that passes by. */
export class Assembly {
	readonly #assembler: StreamAssembler;
	readonly #decoder = eventDecoder();

	constructor(assembler: StreamAssembler) {
		this.#assembler = assembler;
	}

	/** The whole answer where these bytes ended it, else null. */
	push(bytes: Uint8Array): JsonObject | null {
		let mayBeWhole = false;
		for (const event of this.#decoder.push(bytes)) {
			this.#assembler.push(event);
			mayBeWhole ||= MAY_END.test(event.data);
		}
		if (!mayBeWhole) return null;
		const result = this.#assembler.result();
		return result.complete ? result.body : null;
	}

	/** A stable word for what the stream lacks to be a whole answer. */
	get incomplete(): string {
		const result = this.#assembler.result();
		return result.complete ? '' : result.reason;
	}
}
