/** Why an upstream could not be heard to its end. `code` is stable; no message holds a key or a part of the request. */
export class UpstreamError extends Error {
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = new.target.name;
		this.code = code;
	}
}

export const TIMEOUT_PHASES = ['connect', 'first_byte', 'idle', 'total'] as const;
export type TimeoutPhase = (typeof TIMEOUT_PHASES)[number];

/** A limit ran out: to connect, to the answer's first byte, between two of its bytes, or all in all. */
export class UpstreamTimeout extends UpstreamError {
	readonly phase: TimeoutPhase;

	constructor(phase: TimeoutPhase) {
		super('UPSTREAM_TIMEOUT', `The provider did not answer in time (${phase.replace('_', ' ')} limit)`);
		this.phase = phase;
	}
}

/** No connection, or none that lasted until the answer began. */
export class UpstreamUnreachable extends UpstreamError {
	constructor(cause: unknown) {
		super('UPSTREAM_UNREACHABLE', `The provider cannot be reached (${systemCode(cause)})`, { cause });
	}
}

/** The connection broke after the answer had begun. */
export class UpstreamBroken extends UpstreamError {
	constructor(cause: unknown) {
		super('UPSTREAM_BROKEN', `The provider broke off its answer (${systemCode(cause)})`, { cause });
	}
}

/** The answer is larger than asked for at most. */
export class UpstreamTooLarge extends UpstreamError {
	constructor(limit: number) {
		super('UPSTREAM_TOO_LARGE', `The provider's answer is larger than ${limit} bytes`);
	}
}

/** The caller left. */
export class UpstreamAborted extends UpstreamError {
	constructor() {
		super('UPSTREAM_ABORTED', 'The request was given up before the provider had answered');
	}
}

/** `ECONNREFUSED` and its like: unlike a message, it never holds a URL. */
function systemCode(cause: unknown): string {
	return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'connection error';
}
