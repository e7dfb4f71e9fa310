/**
 * Base of all failures to get a complete response. `code` is stable. No message contains a key or a part of the
 * request.
 */
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

/** A time limit ran out: for the connection, for the first byte, between two bytes, or for the whole call. */
export class UpstreamTimeout extends UpstreamError {
	readonly phase: TimeoutPhase;

	constructor(phase: TimeoutPhase) {
		super('UPSTREAM_TIMEOUT', `The provider did not answer in time (${phase.replace('_', ' ')} limit)`);
		this.phase = phase;
	}
}

/** No connection was made, or it broke before the answer began. */
export class UpstreamUnreachable extends UpstreamError {
	/** True if another attempt may succeed. */
	readonly isTransient: boolean;

	constructor(message: string, isTransient: boolean, options?: ErrorOptions) {
		super('UPSTREAM_UNREACHABLE', message, options);
		this.isTransient = isTransient;
	}

	/** Names the failure on the way to the provider, or to the proxy in front of it. */
	static because(cause: unknown, peer: 'provider' | 'proxy' = 'provider'): UpstreamUnreachable {
		const code = systemCode(cause);
		const options = { cause };
		if (NAME_CODES.has(code)) {
			return new UpstreamUnreachable(`The ${peer}'s host name cannot be resolved (${code})`, true, options);
		}
		if (CERTIFICATE_CODES.test(code)) {
			const hint = 'NODE_EXTRA_CA_CERTS adds certificate authorities';
			return new UpstreamUnreachable(`The ${peer}'s certificate is not trusted (${code}); ${hint}`, false, options);
		}
		return new UpstreamUnreachable(`The ${peer} cannot be reached (${code})`, true, options);
	}

	/** The proxy answered but did not open a connection to the provider. */
	static byProxy(status: number): UpstreamUnreachable {
		const message =
			status === 407
				? 'The proxy requires authentication or rejects the credentials of its address (407)'
				: `The proxy does not connect to the provider (status ${status})`;
		return new UpstreamUnreachable(message, status >= 500);
	}
}

const NAME_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
/** Names that OpenSSL and Node give to a certificate that fails verification. */
const CERTIFICATE_CODES = /CERT|UNABLE_TO_VERIFY|ISSUER|CRL|HOSTNAME_MISMATCH/;

/** The connection broke after the answer had begun. */
export class UpstreamBroken extends UpstreamError {
	constructor(cause: unknown) {
		super('UPSTREAM_BROKEN', `The provider broke off its answer (${systemCode(cause)})`, { cause });
	}
}

/** The answer's content coding is unknown, or its bytes are damaged. */
export class UpstreamUndecodable extends UpstreamError {
	constructor(coding: string, isUnknown: boolean) {
		const name = coding.replace(/[^\w.+-]/g, '').slice(0, 40);
		const problem = isUnknown ? `has the unknown content coding "${name}"` : `is no valid "${name}" data`;
		super('UPSTREAM_UNDECODABLE', `The provider's answer ${problem}`);
	}
}

/** The answer exceeds the limit that the request set. */
export class UpstreamTooLarge extends UpstreamError {
	constructor(limit: number) {
		super('UPSTREAM_TOO_LARGE', `The provider's answer is larger than ${limit} bytes`);
	}
}

/** The caller disconnected or aborted the request. */
export class UpstreamAborted extends UpstreamError {
	constructor() {
		super('UPSTREAM_ABORTED', 'The request was given up before the provider had answered');
	}
}

const TIMEOUTS: ReadonlyMap<string, TimeoutPhase> = new Map([
	['UND_ERR_CONNECT_TIMEOUT', 'connect'],
	['UND_ERR_HEADERS_TIMEOUT', 'first_byte'],
	['UND_ERR_BODY_TIMEOUT', 'idle'],
]);

/** Converts a connection failure to an `UpstreamError`. */
export function toUpstreamError(cause: unknown, hasBegun: boolean): UpstreamError {
	if (cause instanceof UpstreamError) return cause;
	const phase = TIMEOUTS.get(systemCode(cause));
	if (phase !== undefined) return new UpstreamTimeout(phase);
	return hasBegun ? new UpstreamBroken(cause) : UpstreamUnreachable.because(cause);
}

/** Returns a system error code such as `ECONNREFUSED`. Unlike a message, a code never contains a URL. */
function systemCode(cause: unknown): string {
	return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'connection error';
}
