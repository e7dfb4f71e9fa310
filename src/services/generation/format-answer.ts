import type { CacheStatus, GenerationAnswer, JsonObject } from '../../shared/api-types.ts';
import { savedBy } from '../../cache/stats/request-metrics.ts';
import type { Clock } from '../../cache/clock.ts';
import { unpackSection } from '../../cache/entry-codec.ts';
import type { Entry } from '../../cache/entry.ts';
import { parseLeniently } from '../../providers/json/answer-body.ts';
import { dialects } from '../../providers/registry.ts';

const FROM_CACHE: ReadonlySet<CacheStatus> = new Set<CacheStatus>(['HIT', 'STALE', 'COALESCED']);

export const isFromCache = (status: CacheStatus): boolean => FROM_CACHE.has(status);

/** Whole seconds since the answer was generated (RFC 9111 §5.1). */
export const ageOf = ({ meta }: Entry, clock: Clock): number =>
	Math.max(0, Math.floor((clock.now() - meta.created) / 1000));

/** Whole seconds that the entry still has; negative once it expired. */
export const ttlLeft = ({ meta }: Entry, clock: Clock): number => Math.floor((meta.expires - clock.now()) / 1000);

/** The native answer of an entry. `notStored`: why it is not in the cache, null where it is. */
export async function nativeAnswer(
	entry: Entry,
	status: CacheStatus,
	notStored: string | null,
	clock: Clock,
): Promise<GenerationAnswer> {
	const { meta } = entry;
	const response = await bodyOf(entry);
	const fromCache = isFromCache(status);
	return {
		text: dialects[meta.provider].read(meta.operation, response)?.text ?? '',
		provider: meta.provider,
		model: meta.model,
		finish_reason: meta.finishReason,
		usage: meta.usage,
		response,
		cache: {
			status,
			key: meta.key,
			age: ageOf(entry, clock),
			ttl: notStored === null ? Math.max(0, ttlLeft(entry, clock)) : 0,
			confidence: meta.ttlParts.confidence,
			cost_tier: meta.costTier,
			saved: fromCache ? savedBy(entry) : { usd: 0, tokens: 0, ms: 0 },
			...(notStored !== null && { not_stored: notStored }),
		},
	};
}

/** The provider's body. */
export async function bodyOf(entry: Entry): Promise<JsonObject> {
	return parseLeniently((await unpackSection(entry.body)).toString()) as JsonObject;
}
