import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { AiCache, CountedLookup } from '../../cache/cache.ts';
import type { Clock } from '../../cache/clock.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Models } from '../../cache/model-versions.ts';
import type { StateVersions } from '../../cache/proven-reads.ts';
import { StoreBudget } from '../../cache/generation/store-deadline.ts';
import { dialects } from '../../providers/registry.ts';
import type { Caller } from '../../services/access/caller.ts';
import { AuthEpochs } from './auth-epoch.ts';
import { type Admitted, AuthMemo } from './auth-cache.ts';
import { MAX_BODY_BYTES, type Taking, takeBody } from './raw-body.ts';
import { rememberableUntil, tokenOf } from './bearer-token.ts';

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
	/** `Models.generation`: the models' versions are part of every key. */
	models: number;
}

export interface LaneSettings {
	/** Milliseconds that a caller is remembered; 0 closes the lane. */
	authMemoMs: number;
	/** Milliseconds that a version of who may do what has to be known before anybody is remembered with it. */
	settleMs: number;
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

/** Milliseconds that the store may take before a request goes the normal way. */
const PROOF_MS = 100;
const VERSIONS_MS = 50;

type LaneCache = Pick<AiCache<unknown>, 'prove' | 'reads'>;

/**
 * Answers hits ahead of Directus' own middlewares, if it is certain to answer as the normal way would: the caller was let
 * in by Directus a moment ago, the same bytes were asked before, and one read proves that the answer, and who may do what,
 * are still the same. Everything else is handed on untouched.
 */
export class Lane {
	readonly #cache: LaneCache;
	readonly #clock: Clock;
	readonly #settings: LaneSettings;
	readonly #models: Pick<Models, 'generation' | 'isCurrent' | 'confirm'>;
	readonly #epochs: AuthEpochs;
	readonly #callers: AuthMemo;
	readonly #known: LRUCache<string, Known>;

	constructor(
		cache: LaneCache,
		clock: Clock,
		settings: LaneSettings,
		models: Pick<Models, 'generation' | 'isCurrent' | 'confirm'>,
	) {
		this.#cache = cache;
		this.#settings = settings;
		this.#clock = clock;
		this.#models = models;
		this.#epochs = new AuthEpochs(clock, settings.settleMs);
		this.#callers = new AuthMemo(clock, settings.authMemoMs);
		this.#known = new LRUCache({ maxSize: settings.knownBytes });
	}

	get open(): boolean {
		return !this.#settings.closed && this.#settings.authMemoMs > 0;
	}

	/** To be called on any change of users, roles, policies, permissions or settings in this process. */
	forgetCallers(): void {
		this.#epochs.end();
		this.#callers.forget();
	}

	/** Answers, or calls `next` with the request as it came. */
	answer(request: LaneRequest, response: ServerResponse, next: () => void): void {
		const pass = (): void => void this.#noteVersions(request).then(next);
		const length = Number(request.headers['content-length']);
		if (this.#admitted(request) === undefined || !(length > 0 && length <= MAX_BODY_BYTES)) {
			pass();
			return;
		}
		takeBody(
			request,
			length,
			(body) => !response.destroyed && this.#answer(request, response, body),
			() => (response.headersSent ? response.destroy() : pass()),
		);
	}

	/** False where the normal way has to answer. */
	#answer(request: LaneRequest, response: ServerResponse, body: Buffer): Taking {
		// Once more: the body may have taken its time, and Directus asks who is there when it has read it.
		const admitted = this.#admitted(request);
		if (admitted === undefined) return false;
		const known = this.#known.get(digestOf(request, admitted, body));
		if (known?.models !== this.#models.generation) return false;
		return this.#prove(request, response, admitted, known);
	}

	async #prove(request: LaneRequest, response: ServerResponse, admitted: Admitted, known: Known): Promise<boolean> {
		let seen: StateVersions = { callers: null, settings: null };
		const accepts = (versions: StateVersions): boolean => {
			seen = versions;
			if (versions.callers !== admitted.version) this.#callers.forget();
			return versions.callers === admitted.version && this.#models.isCurrent(versions.settings);
		};
		const proof = new StoreBudget(PROOF_MS, this.#clock).within(this.#cache.prove(known.lookups, accepts));
		const entries = await proof.catch(() => undefined);
		// A change in this process may have come meanwhile, and the client may have left.
		if (entries === undefined || this.#admitted(request) === undefined || response.destroyed) {
			await this.#take(request, seen);
			return false;
		}
		for (const [name, value] of admitted.headers) response.setHeader(name, value);
		await known.reply(entries, request, response);
		return true;
	}

	/** Before Directus authenticates the caller. Never rejects. */
	async #noteVersions(request: LaneRequest): Promise<void> {
		if (this.#epochs.has(request)) return;
		const reading = new StoreBudget(VERSIONS_MS, this.#clock).within(this.#cache.reads.versions());
		await this.#take(request, await reading.catch(() => ({ callers: null, settings: null })));
	}

	/** Notes who may do what, and loads the models' versions if they have changed. Never rejects. */
	async #take(request: LaneRequest, { callers, settings }: StateVersions): Promise<void> {
		this.#epochs.note(request, callers);
		if (settings === null || this.#models.isCurrent(settings)) return;
		await new StoreBudget(VERSIONS_MS, this.#clock).within(this.#models.confirm(settings)).catch(() => {});
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
		const version = this.#epochs.find(request);
		if (until === null || version === null || accountability?.share) return;
		const admitted: Admitted = { user: caller.user, role: caller.role, headers: headersOf(response), version };
		this.#callers.remember(token, this.#address(request), admitted, until);
		if (request.rawBody.length > MAX_BODY_BYTES) return;
		const models = this.#models.generation;
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
