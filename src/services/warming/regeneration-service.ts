import type { GenerationAnswer, GenerationRequest } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import type { EntryMeta, StoredRequest } from '../../cache/entry.ts';
import type { Store } from '../../cache/store.ts';
import { nativeAnswer } from '../generation/format-answer.ts';
import type { Asker } from '../generation/read-through.ts';
import { InvalidRequestError, NotFoundError } from '../errors/errors.ts';
import type { Reviver } from '../generation/request-replayer.ts';
import { asProviderError } from '../errors/provider-failure.ts';
import type { WarmRecord } from '../generation/request-record.ts';

/** Asks once more, past the cache, what an entry was made from. */
export class Regenerator {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #asker: Pick<Asker, 'ask'>;
	readonly #reviver: Reviver;

	constructor(store: Store, clock: Clock, asker: Pick<Asker, 'ask'>, reviver: Reviver) {
		this.#store = store;
		this.#clock = clock;
		this.#asker = asker;
		this.#reviver = reviver;
	}

	/**
	 * For the caller who asked first: same body, scope, life and dependencies, an item template rendered from the content
	 * of now. Rejects with 404 where there is no such entry, 400 where it cannot be asked again, and errors fit to be shown.
	 */
	async regenerate(key: string, signal: AbortSignal): Promise<GenerationAnswer> {
		const found = await this.#store.read(key);
		if (!found || found.entry.meta.expires <= this.#clock.now()) {
			throw new NotFoundError({ reason: `There is no entry with the key "${key}"` });
		}
		const { meta, request } = found.entry;
		if (meta.operation === 'embeddings') throw notAgain('it is one of the inputs of a request for embeddings');
		const stored = JSON.parse((await unpackSection(request)).toString()) as StoredRequest;
		const exchange = await this.#reviver.renew(this.#reviver.remember(recordOf(meta, stored)));
		if (exchange === null) throw notAgain('who asked it may not ask it any more, or its item is gone');
		const asked = { ...exchange, directives: { ...exchange.directives, mode: 'no-cache' as const } };
		try {
			const answer = await this.#asker.ask(asked, { signal, wantsLive: false });
			const { entry, notStored } = await answer.outcome;
			return await nativeAnswer(entry, answer.status, notStored, this.#clock);
		} catch (error) {
			throw asProviderError(error, meta.provider);
		}
	}
}

const notAgain = (why: string): Error =>
	new InvalidRequestError({ field: 'key', reason: `This entry cannot be generated anew: ${why}` });

function recordOf(meta: EntryMeta, request: StoredRequest): WarmRecord {
	const { asked, confidence, reasons } = meta.ttlParts;
	const given = reasons.some(({ name }) => name === 'given_by_request');
	return {
		provider: meta.provider,
		operation: meta.operation,
		collection: meta.collection,
		dependencies: { content: [...meta.content], tags: [...meta.freeTags] },
		directives: { scope: meta.scope, ...(asked !== null && { ttl: asked }) },
		contentType: meta.contentType,
		confidence: given ? confidence : null,
		item: itemOf(meta, request.native as unknown as GenerationRequest | undefined),
		unrestricted: request.user === null,
		request,
	};
}

/** The item that a template was rendered from: of several that were asked for, the one that the entry depends on. */
function itemOf({ content }: EntryMeta, native: GenerationRequest | undefined): string | null {
	if (native?.item !== undefined) return String(native.item);
	const read = content.flatMap(({ collection, items }) => (collection === native?.collection ? (items ?? []) : []));
	const asked = (native?.items ?? []).map(String).filter((item) => read.includes(item));
	return asked.length === 1 ? asked[0]! : null;
}
