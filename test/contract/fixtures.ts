import type { CostTier, Provider } from '../../src/shared/api-types.ts';
import type { Clock } from '../../src/cache/clock.ts';
import { type ContentDependency, dependencyTags } from '../../src/cache/tags/tags.ts';
import type { Entry, Section } from '../../src/cache/entry.ts';

export interface SampleOptions {
	key?: string;
	provider?: Provider;
	model?: string;
	content?: readonly ContentDependency[];
	freeTags?: readonly string[];
	/** Seconds. */
	ttl?: number;
	usd?: number;
	body?: string;
	request?: string;
	costTier?: CostTier;
	preview?: string;
}

let numbers = 0;

/** An entry as the engine makes them, with a key of its own unless one is given. */
export function sampleEntry(clock: Clock, options: SampleOptions = {}): Entry {
	const { provider = 'openai', model = 'gpt-4o', content = [], freeTags = [], ttl = 3600 } = options;
	const created = clock.now();
	return {
		meta: {
			key: options.key ?? `${provider}:${model}:${String(++numbers).padStart(43, 'k')}`,
			provider,
			model,
			operation: 'chat',
			scope: 'shared',
			created,
			expires: created + ttl * 1000,
			ttl,
			ttlParts: { base: ttl, tier_factor: 1, confidence: 1, collection_factor: 1, asked: null, reasons: [] },
			costTier: options.costTier ?? 'medium',
			contentType: 'standard',
			usage: { input_tokens: 12, output_tokens: 34 },
			usd: options.usd ?? 0.25,
			durationMs: 900,
			finishReason: 'stop',
			snapshot: 'gpt-4o-2024-11-20',
			requestId: 'chatcmpl-1',
			collection: content[0]?.collection ?? null,
			content,
			freeTags,
			tags: dependencyTags(provider, model, { content, tags: freeTags }),
			preview: options.preview ?? 'An answer',
		},
		body: section(options.body ?? '{"choices":[]}'),
		request: section(options.request ?? '{"body":{}}'),
	};
}

export function section(text: string): Section {
	const bytes = Buffer.from(text);
	return { codec: 'identity', length: bytes.length, bytes };
}
