/** A stream that makes no answer: cut, or with an error in its midst. `reason` is a stable word. */
export class UnusableStream extends Error {
	readonly reason: string;

	constructor(reason: string) {
		super(`its stream makes no whole answer (${reason})`);
		this.name = 'UnusableStream';
		this.reason = reason;
	}
}
