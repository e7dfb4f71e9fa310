import { AiCache } from '../../../src/cache/cache.ts';
import { systemClock } from '../../../src/cache/clock.ts';
import { Models } from '../../../src/cache/model-versions.ts';
import { StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import { type Counts, total } from '../../../src/cache/stats/aggregate.ts';
import type { Store } from '../../../src/cache/store.ts';
import type { CacheDirectives } from '../../../src/shared/api-types.ts';
import { createPricing } from '../../../src/providers/pricing/pricing.ts';
import { createUpstream } from '../../../src/providers/http/http-client.ts';
import { Asker } from '../../../src/services/generation/read-through.ts';
import { callerOf } from '../../../src/services/access/caller.ts';
import { Embeddings } from '../../../src/services/generation/embedding-service.ts';
import { type Exchange, Exchanges } from '../../../src/services/generation/provider-request.ts';
import { type Joined, JoinedHits } from '../../../src/services/generation/embedding-assembler.ts';
import type { LiveStream } from '../../../src/services/streaming/live-stream.ts';
import { ProviderKeys } from '../../../src/services/access/provider-key-service.ts';
import { ReadyAnswers } from '../../../src/services/generation/response-cache.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { testHost } from './host.ts';

/** Milliseconds that the places of a process that died may hold up others. */
export const PLACE_MS = 900;

export interface Embedding {
	ask(input: string | string[], directives?: CacheDirectives): Promise<Joined>;
	sharesOut(input: string[]): boolean;
	counts(): Promise<Counts>;
}

/** A process that asks OpenAI at this address for embeddings. */
export function startEmbedding(store: Store, baseUrl: string): Embedding {
	const env = { AI_CACHE_OPENAI_API_KEY: 'sk-test', AI_CACHE_OPENAI_BASE_URL: baseUrl };
	const { values } = readSettings(env);
	const recorder = new StatsRecorder(store, systemClock);
	const models = new Models(store, systemClock, async () => {});
	const cache = new AiCache<LiveStream>(store, systemClock, recorder, models, {
		storeBudgetMs: 1000,
		compressAbove: 1000,
		leaseMs: PLACE_MS,
		maxWaitMs: 60_000,
	});
	const keys = new ProviderKeys(values, testHost(env));
	const asker = new Asker(cache, createUpstream(), keys, createPricing({}), values, systemClock);
	const exchanges = new Exchanges(values, models);
	const ready = new ReadyAnswers<Buffer>(2 ** 20, ({ length }) => length);
	const embeddings = new Embeddings(cache, asker, exchanges, new JoinedHits(systemClock, ready));
	const caller = callerOf({ user: 'ann', role: null, roles: [], admin: true, app: false, ip: null });
	const exchangeOf = (input: string | string[], directives: CacheDirectives): Exchange =>
		exchanges.create({
			provider: 'openai',
			operation: 'embeddings',
			body: { model: 'text-embedding-3-small', input },
			rawBody: null,
			headers: {},
			caller,
			confidence: null,
			native: null,
			directives,
			contentType: null,
			collection: null,
			dependencies: { content: [], tags: [] },
		});
	return {
		ask: (input, directives = {}) => embeddings.ask(exchangeOf(input, directives), new AbortController().signal),
		sharesOut: (input) => embeddings.sharesOut(exchangeOf(input, {})),
		counts: async () => {
			await recorder.flush();
			return total(await store.readStats('day', 0, Date.now() + 1));
		},
	};
}
