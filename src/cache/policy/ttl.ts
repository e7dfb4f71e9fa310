import type { ConfidenceReason, ContentType, CostTier, EntryDetail } from '../../shared/api-types.ts';

/** Dear answers live longer. */
export const TIER_FACTORS: Readonly<Record<CostTier, number>> = { low: 0.8, medium: 1, high: 1.5, very_high: 2 };

/** Base life in seconds by content type: a day, half a day, a week. */
export const BASE_TTL: Readonly<Record<ContentType, number>> = { standard: 86_400, critical: 43_200, static: 604_800 };

const MIN_CONFIDENCE = 0.5;
const MAX_CONFIDENCE = 1.5;

export interface TtlRequest {
	contentType: ContentType;
	costTier: CostTier;
	/** Any number; clamped to 0.5 … 1.5. NaN counts as 1: it says nothing. */
	confidence: number;
	reasons?: readonly ConfidenceReason[];
	/** The collection's own factor; 1 where it has none. */
	collectionFactor?: number;
	/** Seconds that the request itself asked for; replaces the formula. */
	asked?: number | null;
	/** Seconds for `standard` content (`AI_CACHE_TTL`). */
	standardBase?: number;
	/** Upper bound in seconds (`AI_CACHE_MAX_TTL`) of every life, asked or reckoned. */
	maximum?: number;
}

export interface Ttl {
	/** Whole seconds, at least 0. */
	ttl: number;
	/** What it was made of, as entries show it. */
	parts: EntryDetail['ttl_parts'];
}

/** `trunc(base × tier × confidence × collection factor)` seconds, multiplied in this order; or the asked life, bounded. */
export function timeToLive(request: TtlRequest): Ttl {
	const base =
		request.contentType === 'standard' ? (request.standardBase ?? BASE_TTL.standard) : BASE_TTL[request.contentType];
	const tierFactor = TIER_FACTORS[request.costTier];
	const confidence = clampConfidence(request.confidence);
	const collectionFactor = request.collectionFactor ?? 1;
	const asked = request.asked ?? null;
	const reckoned = Math.trunc(base * tierFactor * confidence * collectionFactor);
	const ttl = Math.max(0, Math.min(asked === null ? reckoned : Math.trunc(asked), request.maximum ?? Infinity));
	return {
		ttl,
		parts: {
			base,
			tier_factor: tierFactor,
			confidence,
			collection_factor: collectionFactor,
			asked,
			reasons: [...(request.reasons ?? [])],
		},
	};
}

/** The score as the formula uses it: 0.5 … 1.5. */
export function clampConfidence(score: number): number {
	if (Number.isNaN(score)) return 1;
	return Math.max(MIN_CONFIDENCE, Math.min(MAX_CONFIDENCE, score));
}
