import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { AiCache, CountedLookup } from '../../cache/cache.ts';
import type { Clock } from '../../cache/clock.ts';
import type { Entry } from '../../cache/entry.ts';
import { dialects } from '../../providers/registry.ts';
import type { Caller } from '../caller.ts';
import { type Admitted, AuthMemo } from './auth-memo.ts';
import { generations } from './generations.ts';
import { MAX_BODY_BYTES, type Taking, takeBody } from './raw-body.ts';
import { rememberableUntil, tokenOf } from './token.ts';

/** Writes a hit; the same function that the normal way uses, so that both answer alike. */
export type Reply = (
	entries: readonly Entry[],
	request: IncomingMessage,
	response: ServerResponse,
) => void | Promise<void>;

interface Known {
	/** All that its answer is made of. */
	lookups: readonly CountedLookup[];
	reply: Reply;
	/** Of the models' versions, which are part of every key. */
	models: number;
}

export interface LaneSettings {
	/** Milliseconds that a caller is remembered; 0 closes the lane. */
	authMemoMs: number;
	/** Bytes of requests that are known. */
	knownBytes: number;
	/** A rate limiter must count every request; another header than the socket's says who the client is. */
	closed: boolean;
	/** Lower-case names of the headers that Directus takes the client's address from, where it is told to. */
	addressHeaders: readonly string[];
}

/** A request as Node hands it on, or as Express does later, with what Directus keeps of its body. */
export type LaneRequest = IncomingMessage & { originalUrl?: string; rawBody?: Buffer };

/** Headers that say how a request is to be read and answered, besides its body and the cache's own. */
const TELLING_HEADERS = [
	'content-type',
	'cache-control',
	...new Set(Object.values(dialects).flatMap(({ significantHeaders }) => significantHeaders)),
];
/** Of these, those that are unknown are refused by name. */
const OWN_HEADERS = 'x-ai-cache-';
/** A known request takes these, its body, which its reply may hold on to, as text and parsed, and its look-ups. */
const KNOWN_BYTES = 1600;
const BYTES_PER_LOOKUP = 400;
const BYTES_PER_BODY_BYTE = 4;
const BYTES_PER_TAG = 100;

/**
 * Answers hits ahead of Directus' own middlewares, where it is certain to answer as the normal way would: the caller was
 * let in by Directus a moment ago, the same bytes were asked before, and the answer stands in this process's memory.
 * Everything else is handed on untouched.
 */
export class Lane {
	readonly #cache: Pick<AiCache<unknown>, 'peek'>;
	readonly #settings: LaneSettings;
	readonly #modelsGeneration: () => number;
	readonly #callers: AuthMemo;
	readonly #known: LRUCache<string, Known>;

	constructor(
		cache: Pick<AiCache<unknown>, 'peek'>,
		clock: Clock,
		settings: LaneSettings,
		modelsGeneration: () => number,
	) {
		this.#cache = cache;
		this.#settings = settings;
		this.#modelsGeneration = modelsGeneration;
		this.#callers = new AuthMemo(clock, settings.authMemoMs);
		this.#known = new LRUCache({ maxSize: settings.knownBytes });
	}

	get open(): boolean {
		return !this.#settings.closed && this.#settings.authMemoMs > 0;
	}

	/** To be called on any change of users, roles, policies, permissions or settings, wherever it happened. */
	forgetCallers(): void {
		this.#callers.forget();
	}

	/** The state of who may do what; counts up with every change. */
	get generation(): number {
		return this.#callers.generation;
	}

	/** Answers, or calls `next` with the request as it came. */
	answer(request: LaneRequest, response: ServerResponse, next: () => void): void {
		generations.set(request, this.generation);
		const length = Number(request.headers['content-length']);
		if (this.#admitted(request) === undefined || !(length > 0 && length <= MAX_BODY_BYTES)) {
			next();
			return;
		}
		takeBody(
			request,
			length,
			(body) => !response.destroyed && this.#answer(request, response, body),
			() => (response.headersSent ? response.destroy() : next()),
		);
	}

	/** False where the normal way has to answer. */
	#answer(request: LaneRequest, response: ServerResponse, body: Buffer): Taking {
		// Once more: the body may have taken its time, and Directus asks who is there when it has read it.
		const admitted = this.#admitted(request);
		if (admitted === undefined) return false;
		const known = this.#known.get(digestOf(request, admitted, body));
		if (known?.models !== this.#modelsGeneration()) return false;
		const entries = this.#cache.peek(known.lookups);
		if (entries === undefined) return false;
		for (const [name, value] of admitted.headers) response.setHeader(name, value);
		return known.reply(entries, request, response) ?? true;
	}

	/**
	 * Takes note of a request that Directus let in, with what its middlewares have set on the response so far. To be called
	 * before the answer's own headers are set, for requests that any later one with the same bytes equals.
	 */
	remember(
		request: LaneRequest,
		response: ServerResponse,
		caller: Caller,
		lookups: readonly CountedLookup[],
		reply: Reply,
	): void {
		const token = tokenOf(request.headers);
		if (!this.open || token === null || !isPlain(request) || request.rawBody === undefined) return;
		const until = rememberableUntil(token);
		const { accountability } = caller;
		// A cookie is meant for this one answer.
		if (response.hasHeader('set-cookie')) return;
		if (until === null || generations.get(request) !== this.#callers.generation || accountability?.share) return;
		const admitted: Admitted = { user: caller.user, role: caller.role, headers: headersOf(response) };
		this.#callers.remember(token, this.#address(request), admitted, until);
		if (request.rawBody.length > MAX_BODY_BYTES) return;
		const models = this.#modelsGeneration();
		const digest = digestOf(request, admitted, request.rawBody);
		// Headers may be longer than the body, and a reply may hold on to them as well.
		let size = KNOWN_BYTES + 2 * digest.length + BYTES_PER_BODY_BYTE * request.rawBody.length;
		for (const { tags } of lookups) size += BYTES_PER_LOOKUP + BYTES_PER_TAG * tags.length;
		this.#known.set(digest, { lookups, reply, models }, { size });
	}

	#admitted(request: LaneRequest): Admitted | undefined {
		if (!this.open || !isPlain(request)) return undefined;
		const token = tokenOf(request.headers);
		return token === null ? undefined : this.#callers.recall(token, this.#address(request));
	}

	/** All that Directus may take the client's address from; proxies it trusts name the client in `X-Forwarded-For`. */
	#address({ socket, headers }: LaneRequest): string {
		const named = this.#settings.addressHeaders.map((name) => String(headers[name] ?? ''));
		return [socket.remoteAddress ?? '', String(headers['x-forwarded-for'] ?? ''), ...named].join('\n');
	}
}

/** A POST of JSON by a program: no page of a browser, nothing in the query, no cookie, nothing encoded. */
function isPlain(request: LaneRequest): boolean {
	const { method, headers } = request;
	return (
		method === 'POST' &&
		headers.origin === undefined &&
		headers.cookie === undefined &&
		headers['content-encoding'] === undefined &&
		headers['transfer-encoding'] === undefined &&
		headers.expect === undefined &&
		/^application\/json\b/i.test(headers['content-type'] ?? '') &&
		!pathOf(request).includes('?')
	);
}

/** Express takes what it matched off `url`. */
const pathOf = ({ originalUrl, url = '' }: LaneRequest): string => originalUrl ?? url;

function digestOf(request: LaneRequest, { user, role }: Admitted, body: Buffer): string {
	const { headers } = request;
	let told = `${pathOf(request)}\n${user ?? ''}\n${role ?? ''}`;
	for (const name of TELLING_HEADERS) {
		const value = headers[name];
		told += value === undefined ? '\n' : `\n${String(value)}`;
	}
	for (const name in headers) if (name.startsWith(OWN_HEADERS)) told += `\n${name}: ${String(headers[name])}`;
	return hash('sha256', body, 'base64') + told;
}

function headersOf(response: ServerResponse): Admitted['headers'] {
	return Object.entries(response.getHeaders()).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, typeof value === 'number' ? String(value) : value] as const],
	);
}
