import { createError } from '@directus/errors';
import { ERROR_CODES } from '../../shared/api-types.ts';

/** 400 that names the field. */
export const InvalidRequestError = createError<{ field: string; reason: string }>(
	ERROR_CODES.invalidRequest,
	({ reason }) => reason,
	400,
);

export const AccessDeniedError = createError<{ reason: string }>(ERROR_CODES.forbidden, ({ reason }) => reason, 403);

export const NotFoundError = createError<{ reason: string }>(ERROR_CODES.notFound, ({ reason }) => reason, 404);

/** 504 as RFC 9111 §5.2.1.7 wants it for `only-if-cached`. */
export const NothingCachedError = createError(
	ERROR_CODES.notCached,
	'Nothing is cached for this request, and it asked for a cached answer only',
	504,
);

export const NoProviderKeyError = createError<{ provider: string; setting: string }>(
	ERROR_CODES.noProviderKey,
	({ provider, setting }) => `There is no API key for ${provider}: set ${setting}`,
	503,
);

/** 502: the provider refused, or sent what is no answer. `status` is the provider's own, null where it gave none. */
export const ProviderFailedError = createError<{ provider: string; status: number | null; reason: string }>(
	ERROR_CODES.providerFailed,
	({ provider, status, reason }) => `${provider} failed${status === null ? '' : ` with status ${status}`}: ${reason}`,
	502,
);

export const ProviderTimeoutError = createError<{ provider: string; reason: string }>(
	ERROR_CODES.providerTimeout,
	({ provider, reason }) => `${provider} did not answer in time: ${reason}`,
	504,
);

/** 429, passed on; `retry_after` as the provider said it, in seconds or as a date. */
export const ProviderRateLimitedError = createError<{ provider: string; retry_after: string | null; reason: string }>(
	ERROR_CODES.providerRateLimited,
	({ provider, reason }) => `${provider} limits the rate of requests: ${reason}`,
	429,
);

export const StoreAwayError = createError(
	ERROR_CODES.storeUnavailable,
	'The cache store is unavailable; try again in a moment',
	503,
);
