import type { JsonObject, Provider } from '../../shared/api-types.ts';
import type { StoredRequest } from '../../cache/entry.ts';
import type { Generated } from '../../cache/generation/types.ts';
import { costTier } from '../../cache/policy/cost-tier.ts';
import { timeToLive } from '../../cache/policy/ttl.ts';
import { NOT_STRICT_JSON } from '../../providers/json/answer-body.ts';
import { isErrorBody } from '../../providers/shared/error-body.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import type { Admission, AnswerReading } from '../../providers/adapter.ts';
import { usesWeb } from '../../providers/shared/web-search.ts';
import { ProviderFailedError } from '../errors/errors.ts';
import type { Exchange } from './provider-request.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { reasonIn } from '../errors/provider-failure.ts';

const PREVIEW_LENGTH = 160;

export interface RawAnswer {
	/** The provider's JSON body, as it came or as its stream was assembled. */
	bytes: Buffer;
	parsed: JsonObject;
	/** Whether `JSON.parse` reads `bytes`: other answers are given and not stored. True if absent. */
	strict?: boolean;
	durationMs: number;
	requestId: string | null;
}

/** Why an answer is not stored that is none that is known of its provider. */
export const UNREADABLE = 'malformed';

/**
 * Turns a provider's answer into what is stored: figures, confidence, life. Throws where it is an error, and for native
 * requests where it cannot be read; who speaks the provider's own dialect gets that as it came.
 */
export function draftOf(
	exchange: Exchange,
	answer: RawAnswer,
	values: SettingValues,
	pricing: Pricing,
	now = Date.now(),
): Generated {
	const { dialect, operation, provider, model, body } = exchange;
	const known = dialect.read(operation, answer.parsed);
	const reading = known ?? unread(exchange, answer);
	const confidence =
		exchange.confidence === null
			? dialect.confidence(operation, body, answer.parsed)
			: { score: exchange.confidence, reasons: [{ name: 'given_by_request', effect: exchange.confidence - 1 }] };
	const tier = costTier(provider, model, {
		...(values.AI_CACHE_COST_TIERS && { operator: values.AI_CACHE_COST_TIERS }),
		price: pricing.outputPrice(provider, model),
	});
	const webTtl = usesWeb(body, answer.parsed) ? values.AI_CACHE_WEB_SEARCH_TTL / 1000 : null;
	const { ttl, parts } = timeToLive({
		contentType: exchange.contentType,
		costTier: tier,
		confidence: confidence.score,
		reasons: confidence.reasons,
		collectionFactor: exchange.ttlFactor,
		asked: exchange.directives.ttl ?? webTtl,
		standardBase: values.AI_CACHE_TTL / 1000,
		maximum: Math.min(
			values.AI_CACHE_MAX_TTL / 1000,
			webTtl ?? Infinity,
			Math.floor((reading.expiresAt ?? Infinity) - now / 1000),
		),
	});
	const admission = dialect.admit(operation, body, answer.parsed, { storeTruncated: values.AI_CACHE_STORE_TRUNCATED });
	return {
		refused:
			known === null
				? UNREADABLE
				: (exchange.uncacheable ?? refusedBody(answer) ?? refused(admission) ?? (webTtl === 0 ? 'web_search' : null)),
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
			...(dialect.echo?.of(operation, body) && { echoes: true as const }),
			body: answer.bytes,
			request: Buffer.from(JSON.stringify(storedRequest(exchange))),
		},
	};
}

const refused = (admission: Admission): string | null => (admission.store ? null : admission.reason);
const refusedBody = ({ strict = true }: RawAnswer): string | null => (strict ? null : NOT_STRICT_JSON);

const NOTHING_READ: AnswerReading = {
	text: '',
	finishReason: null,
	usage: { input_tokens: 0, output_tokens: 0 },
	snapshot: null,
	systemFingerprint: null,
};

function unread({ provider, native }: Exchange, { parsed: answer, bytes }: RawAnswer): AnswerReading {
	if (isErrorBody(answer)) throw new ProviderFailedError({ provider, status: 200, reason: reasonIn(bytes) });
	if (native === null) return NOTHING_READ;
	throw unreadable(provider);
}

/** For who cannot be given an answer as it came. */
export const unreadable = (provider: Provider): Error =>
	new ProviderFailedError({ provider, status: 200, reason: 'its answer is none that is known of it' });

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
