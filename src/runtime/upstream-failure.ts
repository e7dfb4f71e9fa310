import type { Provider } from '../contract.ts';
import { TooLargeError } from '../cache/errors.ts';
import type { ReceivedHeaders } from '../providers/headers.ts';
import type { UpstreamAnswer } from '../providers/upstream.ts';
import { UpstreamAborted, UpstreamError, UpstreamTimeout } from '../providers/upstream-errors.ts';
import { UnusableStream } from './streaming/unusable-stream.ts';
import { withoutKey, withoutKeyRemains, withoutKeyShapes } from './redaction.ts';
import { ProviderFailedError, ProviderRateLimitedError, ProviderTimeoutError } from './errors.ts';

/** The provider answered, but not with an answer. Doors that speak its dialect pass it on as it is. */
export class UpstreamFailure extends Error {
	readonly provider: Provider;
	readonly status: number;
	readonly headers: ReceivedHeaders;
	readonly body: Buffer;

	constructor(provider: Provider, status: number, headers: ReceivedHeaders, body: Buffer) {
		super(`${provider} answered with status ${status}`);
		this.name = 'UpstreamFailure';
		this.provider = provider;
		this.status = status;
		this.headers = headers;
		this.body = body;
	}

	/** Without the key, which some providers repeat, in full or in part, when they refuse it. */
	static of(provider: Provider, { status, headers, body }: UpstreamAnswer, apiKey: string): UpstreamFailure {
		const text = body.toString();
		const clean = status === 401 || status === 403 ? withoutKeyRemains(text, apiKey) : withoutKey(text, apiKey);
		return new UpstreamFailure(provider, status, headers, clean === text ? body : Buffer.from(clean));
	}
}

const MAX_REASON = 500;

/** The error that the native routes report; anything that is not the provider's doing is left as it is. */
export function asProviderError(error: unknown, provider: Provider): unknown {
	if (error instanceof UpstreamFailure) return failureError(error);
	if (error instanceof UpstreamTimeout) return new ProviderTimeoutError({ provider, reason: error.message });
	if (error instanceof UnusableStream) return new ProviderFailedError({ provider, status: 200, reason: error.message });
	if (error instanceof TooLargeError) return new ProviderFailedError({ provider, status: 200, reason: error.message });
	if (error instanceof UpstreamAborted) return error;
	if (error instanceof UpstreamError) return new ProviderFailedError({ provider, status: null, reason: error.message });
	return error;
}

function failureError({ provider, status, headers, body }: UpstreamFailure): Error {
	const reason = reasonIn(parse(body));
	if (status !== 429) return new ProviderFailedError({ provider, status, reason });
	const retryAfter = headers['retry-after'];
	return new ProviderRateLimitedError({
		provider,
		retry_after: typeof retryAfter === 'string' ? retryAfter : null,
		reason,
	});
}

/** The message in a provider's error body, without anything that has a key's shape. */
export function reasonIn(body: unknown): string {
	const message = messageIn(body) ?? 'it gave no reason';
	return withoutKeyShapes(message).slice(0, MAX_REASON);
}

function parse(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString()) as unknown;
	} catch {
		return null;
	}
}

/** OpenAI, Anthropic and DeepSeek: `error.message`; Mistral: `message` or `detail`. */
function messageIn(body: unknown): string | null {
	if (typeof body !== 'object' || body === null) return null;
	const { error, message, detail } = body as Record<string, unknown>;
	if (typeof message === 'string') return message;
	if (typeof detail === 'string') return detail;
	return typeof error === 'string' ? error : messageIn(error);
}
