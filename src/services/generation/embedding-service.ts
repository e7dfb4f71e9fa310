import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import type { AiCache } from '../../cache/cache.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Generated } from '../../cache/generation/types.ts';
import { NOT_RESERVED } from '../../cache/generation/leader.ts';
import type { PlaceItem, Places } from '../../cache/generation/batch-reservation.ts';
import {
	bodyOfInput,
	embeddingInputs,
	joinEmbeddings,
	requestForInputs,
	splitEmbeddings,
} from '../../providers/embeddings/batch.ts';
import { bodyOf } from './format-answer.ts';
import { type AnswerParts, type Asked, type Asker, KEPT_IN_PARTS } from './read-through.ts';
import { ProviderFailedError } from '../errors/errors.ts';
import type { Exchange, Exchanges } from './provider-request.ts';
import { type Joined, type JoinedHits, joinedRequest, type JoinedRequest } from './embedding-assembler.ts';
import type { LiveStream } from '../streaming/live-stream.ts';

/** One input of a request, wherever in it that stands. */
interface Part {
	exchange: Exchange;
	input: JsonValue;
	/** Its first place among the inputs. */
	position: number;
}

/** As many as OpenAI takes. A request for more is kept as a whole where its provider answers it. */
const MAX_INPUTS = 2048;
/** Each input is stored with all of the request's tags. A request that comes to more is kept as a whole. */
const MAX_TAGS_OF_INPUTS = 500_000;

/** Embeddings, kept for each input alone: of a request for several, the provider is asked for those that are missing. */
export class Embeddings {
	readonly #cache: AiCache<LiveStream>;
	readonly #asker: Asker;
	readonly #exchanges: Exchanges;
	readonly #hits: JoinedHits;

	constructor(cache: AiCache<LiveStream>, asker: Asker, exchanges: Exchanges, hits: JoinedHits) {
		this.#cache = cache;
		this.#asker = asker;
		this.#exchanges = exchanges;
		this.#hits = hits;
	}

	/** Whether the exchange asks for inputs that are kept apart. */
	sharesOut({ operation, body, directives, uncacheable, exact, tags }: Exchange): boolean {
		if (operation !== 'embeddings' || uncacheable !== null || !exact || directives.mode === 'no-store') return false;
		const { length } = embeddingInputs(body);
		return length > 0 && length <= MAX_INPUTS && length * tags.length <= MAX_TAGS_OF_INPUTS;
	}

	/** `asked`: what the same request is answered with from now on. Rejects as `Asker.ask` does. */
	async ask(exchange: Exchange, signal: AbortSignal): Promise<Joined & { asked: JoinedRequest }> {
		const { keys, parts } = this.#partsOf(exchange);
		const asked = joinedRequest(
			exchange,
			parts.map((part) => part.exchange),
			keys,
		);
		const { found, away } = await this.#find(exchange, asked);
		const missing = parts.filter((part) => !found.has(part.exchange.key));
		if (missing.length > 0) {
			const { key } = asked;
			return { ...(await this.#complete(exchange, keys, found, missing, { key, away, signal })), asked };
		}
		const entries = parts.map((part) => found.get(part.exchange.key)!);
		return { ...(await this.#hits.answer(asked, entries)), asked };
	}

	/** Each input once, and the keys of all in order. */
	#partsOf(exchange: Exchange): { keys: string[]; parts: Part[] } {
		const parts = new Map<string, Part>();
		const keys = embeddingInputs(exchange.body).map((input, position) => {
			const part = this.#part(exchange, input, position);
			const { key } = part.exchange;
			if (!parts.has(key)) parts.set(key, part);
			return key;
		});
		return { keys, parts: [...parts.values()] };
	}

	async #complete(
		exchange: Exchange,
		keys: readonly string[],
		found: ReadonlyMap<string, Entry>,
		missing: readonly Part[],
		{ key, away, signal }: { key: string; away: boolean; signal: AbortSignal },
	): Promise<Joined> {
		const bodies = new Map(
			await Promise.all([...found].map(async ([own, entry]) => [own, await bodyOf(entry)] as const)),
		);
		const whole = found.size === 0;
		const asked = await this.#askFor(exchange, missing, { whole, away, signal });
		const { entry, notStored } = await asked.outcome;
		const bytes = await unpackSection(entry.body);
		const stored = notStored === null || notStored === KEPT_IN_PARTS;
		const life = asked.entry ? this.#hits.lifeOf([asked.entry]) : { age: 0, ttl: 0 };
		const facts = { status: away ? 'BYPASS' : asked.status, key, ...life, stored } as const;
		if (whole) return { bytes, facts, headers: asked.headers };
		const vectors = splitEmbeddings(
			JSON.parse(bytes.toString()) as JsonObject,
			missing.map(({ input }) => input),
		);
		if (vectors === null) throw incomplete(exchange);
		for (const [index, part] of missing.entries()) bodies.set(part.exchange.key, vectors[index]!);
		const joined = joinEmbeddings(
			exchange.body,
			keys.map((own) => bodies.get(own)!),
		);
		return { bytes: Buffer.from(JSON.stringify(joined)), facts, headers: asked.headers };
	}

	#part(exchange: Exchange, input: JsonValue, position: number): Part {
		const body = bodyOfInput(exchange.body, input);
		return { exchange: this.#exchanges.create({ ...exchange, body, rawBody: null }), input, position };
	}

	async #find(
		{ directives }: Exchange,
		{ lookups }: JoinedRequest,
	): Promise<{ found: Map<string, Entry>; away: boolean }> {
		const found = new Map<string, Entry>();
		if (directives.mode === 'no-cache') return { found, away: false };
		try {
			const entries = await this.#cache.lookup(lookups, false);
			for (const entry of entries) if (entry) found.set(entry.meta.key, entry);
			return { found, away: false };
		} catch {
			return { found, away: true };
		}
	}

	/** One call for all that is missing, shared with whoever asks for the same meanwhile. */
	#askFor(
		exchange: Exchange,
		missing: readonly Part[],
		{ whole, away, signal }: { whole: boolean; away: boolean; signal: AbortSignal },
	): Promise<Asked> {
		const asked = whole
			? exchange
			: this.#exchanges.create({
					...exchange,
					rawBody: null,
					body: requestForInputs(
						exchange.body,
						missing.map(({ position }) => position),
					),
				});
		const parts = this.#parts(asked, missing, away);
		return this.#asker.ask(asked, { signal, wantsLive: false, storeAway: away, parts });
	}

	/** Reserves the inputs' places before the provider is asked, so that what is invalidated meanwhile is not stored. */
	#parts(asked: Exchange, missing: readonly Part[], away: boolean): AnswerParts {
		const items = missing.map(({ exchange }): PlaceItem => ({
			key: exchange.key,
			identity: exchange,
			dependencies: exchange.dependencies,
		}));
		let places: Places | null = null;
		return {
			begin: async () => {
				if (away) return null;
				places = await this.#cache.reserve(items).catch(() => null);
				const standing = places?.standing.flatMap((entry) => entry ?? []) ?? [];
				if (standing.length < items.length || asked.directives.mode === 'no-cache') return null;
				places?.release();
				const bodies = new Map(
					await Promise.all(standing.map(async (entry) => [entry.meta.key, await bodyOf(entry)] as const)),
				);
				const inputs = embeddingInputs(asked.body).map((input) => this.#part(asked, input, 0).exchange.key);
				return joinEmbeddings(
					asked.body,
					inputs.map((key) => bodies.get(key)!),
				);
			},
			finish: async ({ parsed, durationMs, requestId }) => {
				const answers = answersOf(asked, missing, parsed);
				if (places === null) return NOT_RESERVED;
				if (answers === null) {
					places.release();
					return MALFORMED;
				}
				const generated = missing.map(({ exchange }, index) => {
					const answer = answers[index]!;
					const bytes = Buffer.from(JSON.stringify(answer));
					const share = Math.round(durationMs / missing.length);
					return this.#asker.draft(exchange, { bytes, parsed: answer, durationMs: share, requestId });
				});
				const refused = generated.map(notStorable).find((reason) => reason !== null);
				if (refused !== undefined) {
					places.release();
					return refused;
				}
				const outcomes = await places.fill(generated).catch(() => null);
				if (outcomes === null) return NOT_RESERVED;
				return outcomes.find(({ notStored }) => notStored !== null)?.notStored ?? KEPT_IN_PARTS;
			},
			fail: () => places?.release(),
		};
	}
}

/** The answer of each missing input alone; null where the provider's has not one vector for each that it was asked for. */
function answersOf({ body }: Exchange, missing: readonly Part[], answer: JsonObject): JsonObject[] | null {
	const inputs = embeddingInputs(body);
	const answers = splitEmbeddings(answer, inputs);
	if (answers === null || inputs.length === missing.length) return answers;
	return missing.map(({ position }) => answers[position]!);
}

const notStorable = ({ refused, draft }: Generated): string | null => refused ?? (draft.ttl > 0 ? null : 'no_ttl');

/** Why an answer is not stored that has not one vector for each input. */
const MALFORMED = 'malformed';

const incomplete = ({ provider }: Exchange): Error =>
	new ProviderFailedError({ provider, status: 200, reason: 'it did not give a vector for each input' });
