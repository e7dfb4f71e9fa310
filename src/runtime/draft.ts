import type { JsonObject } from '../contract.ts';
import type { StoredRequest } from '../cache/entry.ts';
import type { Generated } from '../cache/generation.ts';
import { costTier } from '../cache/policy/cost-tier.ts';
import { timeToLive } from '../cache/policy/ttl.ts';
import type { Pricing } from '../providers/prices.ts';
import { ProviderFailedError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { SettingValues } from './settings-schema.ts';

const PREVIEW_LENGTH = 160;

export interface RawAnswer {
	/** The provider's JSON body, as it came or as its stream was assembled. */
	bytes: Buffer;
	parsed: JsonObject;
	durationMs: number;
	requestId: string | null;
}

/** Turns a provider's answer into what is stored: figures, confidence, life. Throws where it is no answer. */
export function draftOf(exchange: Exchange, answer: RawAnswer, values: SettingValues, pricing: Pricing): Generated {
	const { dialect, operation, provider, model, body } = exchange;
	const reading = dialect.read(operation, answer.parsed);
	if (reading === null) {
		throw new ProviderFailedError({ provider, status: 200, reason: 'its answer is none that is known of it' });
	}
	const confidence =
		exchange.confidence === null
			? dialect.confidence(operation, body, answer.parsed)
			: { score: exchange.confidence, reasons: [{ name: 'given_by_request', effect: exchange.confidence - 1 }] };
	const tier = costTier(provider, model, {
		...(values.AI_CACHE_COST_TIERS && { operator: values.AI_CACHE_COST_TIERS }),
		price: pricing.outputPrice(provider, model),
	});
	const { ttl, parts } = timeToLive({
		contentType: exchange.contentType,
		costTier: tier,
		confidence: confidence.score,
		reasons: confidence.reasons,
		collectionFactor: exchange.ttlFactor,
		asked: exchange.directives.ttl ?? null,
		standardBase: values.AI_CACHE_TTL / 1000,
		maximum: values.AI_CACHE_MAX_TTL / 1000,
	});
	const admission = dialect.admit(operation, body, answer.parsed, { storeTruncated: values.AI_CACHE_STORE_TRUNCATED });
	return {
		refused: exchange.uncacheable ?? (admission.store ? null : admission.reason),
		draft: {
			operation,
			scope: exchange.scope,
			ttl,
			ttlParts: parts,
			costTier: tier,
			contentType: exchange.contentType,
			usage: reading.usage,
			usd: pricing.price(provider, model, reading.usage) ?? 0,
			durationMs: answer.durationMs,
			finishReason: reading.finishReason,
			snapshot: reading.snapshot,
			systemFingerprint: reading.systemFingerprint,
			requestId: answer.requestId,
			preview: reading.text.slice(0, PREVIEW_LENGTH),
			body: answer.bytes,
			request: Buffer.from(JSON.stringify(storedRequest(exchange))),
		},
	};
}

/** What of a request is kept: enough to show it and to ask it again with the same permissions. */
export function storedRequest({ body, headers, query, native, caller }: Exchange): StoredRequest {
	return {
		body,
		headers,
		...(query !== '' && { query }),
		...(native && { native: native as unknown as JsonObject }),
		user: caller.user,
		role: caller.role,
	};
}
