import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { type CacheDirectives, type CacheMode, type ContentType, SCOPES } from '../../shared/api-types.ts';
import type { Dependencies } from '../../cache/tags/tags.ts';
import { collectDeclaredDependencies } from '../../content/templates/declared-dependencies.ts';
import { InvalidRequestError } from '../../services/errors/errors.ts';
import { cachingShape, parse, seconds as secondsSchema } from '../../services/validation/generation-schema.ts';
import { once } from '../../services/utils/lazy.ts';

/** The caching directives in a request's headers. */
export interface HeaderDirectives {
	directives: CacheDirectives;
	collection: string | null;
	dependencies: Dependencies;
	contentType: ContentType | null;
}

const PREFIX = 'x-ai-cache-';

/** Keyed by the header's name as shown in errors. */
const headersSchema = once(() => {
	const number = z
		.string()
		.regex(/^\d+(?:\.\d+)?$/, 'must be a number of seconds')
		.transform(Number);
	const list = z.string().transform((text) => text.split(',').map((part) => part.trim()));
	const { collection, items, fields, tags, content_type: contentType } = cachingShape();
	return z
		.strictObject({
			'X-AI-Cache-TTL': number.pipe(secondsSchema()).optional(),
			'X-AI-Cache-Collection': collection,
			'X-AI-Cache-Items': list
				.transform((keys): (string | number)[] => keys)
				.pipe(items.unwrap())
				.optional(),
			'X-AI-Cache-Fields': list.pipe(fields.unwrap()).optional(),
			'X-AI-Cache-Tags': list.pipe(tags.unwrap()).optional(),
			'X-AI-Cache-Content-Type': contentType,
			'X-AI-Cache-Scope': z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`).optional(),
		})
		.superRefine((headers, context) => {
			for (const name of ['X-AI-Cache-Items', 'X-AI-Cache-Fields'] as const) {
				if (headers[name] === undefined || headers['X-AI-Cache-Collection'] !== undefined) continue;
				context.addIssue({ code: 'custom', path: [name], message: 'needs X-AI-Cache-Collection' });
			}
		});
});

const getHeaderNames = once(
	() => new Map(Object.keys(headersSchema().shape).map((name) => [name.toLowerCase(), name])),
);

/** Reads `Cache-Control` and `X-AI-Cache-*`. Throws an `InvalidRequestError` that names the header. */
export function parseHeaders(headers: IncomingHttpHeaders): HeaderDirectives {
	const own = Object.entries(headers)
		.filter(([name]) => name.startsWith(PREFIX))
		.map(([name, value]) => [
			getHeaderNames().get(name) ?? name,
			decodeHeader(getHeaderNames().get(name) ?? name, value),
		]);
	const parsed = parse(headersSchema(), Object.fromEntries(own));
	const { 'X-AI-Cache-Collection': collection, 'X-AI-Cache-Items': items, 'X-AI-Cache-Fields': fields } = parsed;
	const { 'X-AI-Cache-TTL': ttl, 'X-AI-Cache-Scope': scope } = parsed;
	const content = collectDeclaredDependencies({
		...(collection !== undefined && { collection }),
		...(items && { items }),
		...(fields && { fields }),
	});
	return {
		directives: {
			...parseCacheControl(headers['cache-control'] ?? ''),
			...(ttl !== undefined && { ttl }),
			...(scope && { scope }),
		},
		collection: collection ?? null,
		dependencies: { content, tags: parsed['X-AI-Cache-Tags'] ?? [] },
		contentType: parsed['X-AI-Cache-Content-Type'] ?? null,
	};
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Node decodes headers as latin-1, but most clients send UTF-8. Throws an `InvalidRequestError` for invalid UTF-8. */
function decodeHeader(name: string, value: string | string[] | undefined): string | string[] | undefined {
	if (typeof value !== 'string') return value;
	try {
		return utf8.decode(Buffer.from(value, 'latin1'));
	} catch {
		throw new InvalidRequestError({ field: name, reason: `"${name}" must be UTF-8` });
	}
}

/** Parses RFC 9111 §5.2.1 and RFC 5861 §3 and §4. Ignores unknown directives (RFC 9111 §5.2.3). */
function parseCacheControl(header: string): CacheDirectives {
	const members = new Map<string, string>();
	for (const part of header.split(',')) {
		const [name = '', value = ''] = part.split('=', 2);
		members.set(name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1'));
	}
	const mode = parseMode(members);
	const maxAge = parseSeconds(members, 'max-age');
	const staleIfError = parseSeconds(members, 'stale-if-error');
	const staleWhileRevalidate = parseSeconds(members, 'stale-while-revalidate');
	return {
		...(mode && { mode }),
		...(maxAge !== undefined && { max_age: maxAge }),
		...(staleWhileRevalidate !== undefined && { stale_while_revalidate: staleWhileRevalidate }),
		...(staleIfError !== undefined && { stale_if_error: staleIfError }),
	};
}

function parseMode(told: ReadonlyMap<string, string>): CacheMode | undefined {
	const onlyIfCached = told.has('only-if-cached');
	const bypass = (['no-store', 'no-cache'] as const).find((name) => told.has(name));
	if (onlyIfCached && bypass) throw createHeaderError(`"only-if-cached" and "${bypass}" exclude each other`);
	return onlyIfCached ? 'only-if-cached' : bypass;
}

/** Delta-seconds (RFC 9111 §1.2.2). */
function parseSeconds(told: ReadonlyMap<string, string>, name: string): number | undefined {
	const value = told.get(name);
	if (value === undefined) return undefined;
	if (!/^\d{1,9}$/.test(value)) throw createHeaderError(`"${name}" must be a whole number of seconds`);
	return Number(value);
}

const createHeaderError = (reason: string): Error =>
	new InvalidRequestError({ field: 'Cache-Control', reason: `Cache-Control: ${reason}` });
