import type { IncomingHttpHeaders } from 'node:http';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The token of `Authorization: Bearer`, null for anything else. What came as `x-api-key` stands there already. */
export function tokenOf({ authorization }: IncomingHttpHeaders): string | null {
	if (authorization === undefined) return null;
	const [scheme, token, ...rest] = authorization.split(' ');
	return scheme?.toLowerCase() === 'bearer' && token && rest.length === 0 ? token : null;
}

/**
 * Until when a token may be remembered, in milliseconds since the epoch: a JWT's own `exp` (RFC 7519 §4.1.4), for ever
 * for a static token. Null where Directus has to be asked every time: a session's token ends with its session, which
 * nobody is told of, and a share or an OAuth client has rights of its own.
 */
export function rememberableUntil(token: string): number | null {
	if (!JWT.test(token)) return Infinity;
	try {
		const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
		if (typeof payload !== 'object' || payload === null) return Infinity;
		if ('session' in payload || 'share' in payload || 'aud' in payload) return null;
		return 'exp' in payload && typeof payload.exp === 'number' ? payload.exp * 1000 : null;
	} catch {
		return Infinity;
	}
}
