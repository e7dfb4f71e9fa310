import type { Provider } from '../../shared/api-types.ts';
import { TooLargeError } from '../../cache/errors.ts';
import { readErrorWords } from '../../providers/shared/error-body.ts';
import type { ReceivedHeaders } from '../../providers/http/headers.ts';
import type { UpstreamAnswer } from '../../providers/http/http-client.ts';
import { UpstreamAborted, UpstreamError, UpstreamTimeout } from '../../providers/http/errors.ts';
import { UnusableStream } from './incomplete-stream.ts';
import { shortenReason, withoutKey, withoutKeyRemains } from './redaction.ts';
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
	const reason = reasonIn(body);
	if (status !== 429) return new ProviderFailedError({ provider, status, reason });
	const retryAfter = headers['retry-after'];
	return new ProviderRateLimitedError({
		provider,
		retry_after: typeof retryAfter === 'string' ? retryAfter : null,
		reason,
	});
}

/** The words in an error's body, without anything that has a key's shape. */
export const reasonIn = (body: Buffer): string => shortenReason(readErrorWords(body) ?? 'it gave no reason');
