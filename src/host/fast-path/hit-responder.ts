import type { ServerResponse } from 'node:http';
import type { CacheStatus } from '../../shared/api-types.ts';
import { savedBy } from '../../cache/stats/request-metrics.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import type { Entry } from '../../cache/entry.ts';
import { parseBody } from '../../providers/json/answer-body.ts';
import { dialects } from '../../providers/registry.ts';
import { ageOf, isFromCache, ttlLeft } from '../../services/generation/format-answer.ts';
import { setCacheHeaders } from '../http/cache-headers.ts';
import { ReadyAnswers } from '../../services/generation/response-cache.ts';

/** The part of an answer that is the same every time it is given. */
interface Ready {
	/** Up to and without `"cache"`. */
	before: Buffer;
	confidence: number;
	saved: string;
}

/**
 * Writes native answers: `{"data":{…,"response":<the provider's bytes>,"cache":{…}}}`. The provider's body is never
 * written again if it is strict JSON; what is the same in every answer of an entry is kept ready.
 */
export class NativeReply {
	readonly #clock: Clock;
	readonly #ready: ReadyAnswers<Ready>;

	/** `quickBytes`: of answers kept ready. */
	constructor(clock: Clock, quickBytes: number) {
		this.#clock = clock;
		this.#ready = new ReadyAnswers(quickBytes, ({ before }) => before.length);
	}

	/** Sends it; at once where the entry was sent before. `notStored`: why it is not in the cache, null where it is. */
	send(response: ServerResponse, entry: Entry, status: CacheStatus, notStored: string | null): void | Promise<void> {
		const ready = this.#ready.find([entry]);
		if (ready !== undefined) {
			this.#write(response, entry, ready, status, notStored);
			return;
		}
		return this.#prepare(entry).then((made) => {
			// Of a hit alone: what a miss made is another object than the one that later hits find.
			if (status === 'HIT') this.#ready.keep([entry], made);
			this.#write(response, entry, made, status, notStored);
		});
	}

	async #prepare(entry: Entry): Promise<Ready> {
		const { meta } = entry;
		const body = await unpackSection(entry.body);
		const { parsed, strict } = parseBody(body) ?? { parsed: {}, strict: true };
		const facts = JSON.stringify({
			text: dialects[meta.provider].read(meta.operation, parsed)?.text ?? '',
			provider: meta.provider,
			model: meta.model,
			finish_reason: meta.finishReason,
			usage: meta.usage,
		});
		const before = Buffer.concat([
			Buffer.from(`{"data":${facts.slice(0, -1)},"response":`),
			strict ? body : Buffer.from(JSON.stringify(parsed)),
		]);
		return { before, confidence: meta.ttlParts.confidence, saved: JSON.stringify(savedBy(entry)) };
	}

	#write(response: ServerResponse, entry: Entry, ready: Ready, status: CacheStatus, notStored: string | null): void {
		const { key, costTier } = entry.meta;
		const age = ageOf(entry, this.#clock);
		const left = ttlLeft(entry, this.#clock);
		const ttl = notStored === null ? Math.max(0, left) : 0;
		const saved = isFromCache(status) ? ready.saved : '{"usd":0,"tokens":0,"ms":0}';
		const why = notStored === null ? '' : `,"not_stored":${JSON.stringify(notStored)}`;
		const after =
			`,"cache":{"status":"${status}","key":${JSON.stringify(key)},"age":${age},"ttl":${ttl},` +
			`"confidence":${ready.confidence},"cost_tier":"${costTier}","saved":${saved}${why}}}}`;
		response.statusCode = 200;
		response.setHeader('Content-Type', 'application/json; charset=utf-8');
		response.setHeader('Content-Length', ready.before.length + Buffer.byteLength(after));
		setCacheHeaders(response, { status, key, age, ttl: left, stored: notStored === null });
		// Node writes both at once; a copy of them would cost memory that large answers feel.
		response.cork();
		response.write(ready.before);
		response.end(after);
		response.uncork();
	}
}
