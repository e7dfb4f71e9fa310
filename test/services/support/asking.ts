import { AiCache } from '../../../src/cache/cache.ts';
import { systemClock } from '../../../src/cache/clock.ts';
import { Models } from '../../../src/cache/model-versions.ts';
import { StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import type { JsonObject, Operation } from '../../../src/shared/api-types.ts';
import { createPricing } from '../../../src/providers/pricing/pricing.ts';
import { createUpstream } from '../../../src/providers/http/http-client.ts';
import { Asker, type Asked } from '../../../src/services/generation/read-through.ts';
import { callerOf } from '../../../src/services/access/caller.ts';
import { type Exchange, Exchanges } from '../../../src/services/generation/provider-request.ts';
import type { LiveStream } from '../../../src/services/streaming/live-stream.ts';
import { ProviderKeys } from '../../../src/services/access/provider-key-service.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import { testHost } from './host.ts';

export interface Asking {
	/** `heads` gets the status that is known when the provider's head comes first. */
	ask(body: JsonObject, heads?: string[], operation?: Operation): Promise<Asked>;
	isStored(body: JsonObject): Promise<boolean>;
}

/** A process that asks OpenAI at this address, and waits for no retry. */
export function startAsking(baseUrl: string, retries: number): Asking {
	const env = {
		AI_CACHE_OPENAI_API_KEY: 'sk-test',
		AI_CACHE_OPENAI_BASE_URL: baseUrl,
		AI_CACHE_UPSTREAM_RETRIES: String(retries),
	};
	const { values } = readSettings(env);
	const store = new MemoryStore({
		maxBytes: 10_000_000,
		maxEntryBytes: values.AI_CACHE_MAX_ENTRY_SIZE,
		staleSeconds: values.AI_CACHE_STALE_WINDOW / 1000,
		journalRows: values.AI_CACHE_JOURNAL_MAX,
		clock: systemClock,
	});
	const models = new Models(store, systemClock, async () => {});
	const cache = new AiCache<LiveStream>(store, systemClock, new StatsRecorder(store, systemClock), models, {
		storeBudgetMs: 1000,
		compressAbove: 1000,
		leaseMs: 5000,
		maxWaitMs: 60_000,
	});
	const upstream = createUpstream({ delay: async () => {} });
	const keys = new ProviderKeys(values, testHost(env));
	const asker = new Asker(cache, upstream, keys, createPricing({}), values, systemClock);
	const exchanges = new Exchanges(values, models);
	const caller = callerOf({ user: 'ann', role: null, roles: [], admin: true, app: false, ip: null });
	const exchangeOf = (body: JsonObject, operation: Operation): Exchange =>
		exchanges.create({
			provider: 'openai',
			operation,
			body,
			rawBody: null,
			headers: {},
			caller,
			confidence: null,
			native: null,
			directives: {},
			contentType: null,
			collection: null,
			dependencies: { content: [], tags: [] },
		});
	return {
		ask: (body, heads = [], operation = 'chat') =>
			asker.ask(exchangeOf(body, operation), {
				signal: new AbortController().signal,
				wantsLive: body['stream'] === true,
				onHead: (status) => void heads.push(status),
			}),
		isStored: async (body) => {
			const { key, tags, provider, model } = exchangeOf(body, 'chat');
			const [entry] = await cache.lookup([{ key, tags, provider, model, collection: null }]);
			return entry !== undefined;
		},
	};
}
