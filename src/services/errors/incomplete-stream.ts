/** A stream that makes no answer: cut, or with an error in its midst. `reason` is a stable word, `words` the provider's. */
export class UnusableStream extends Error {
	readonly reason: string;

	constructor(reason: string, words: string | null = null) {
		super(words === null ? `its stream makes no whole answer (${reason})` : `${words} (${reason})`);
		this.name = 'UnusableStream';
		this.reason = reason;
	}
}
