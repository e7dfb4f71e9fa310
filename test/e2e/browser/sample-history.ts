import type { Provider } from '../../../src/shared/api-types.ts';
import type { StatsDelta } from '../../../src/cache/store.ts';
import { RedisStore } from '../../../src/stores/redis/redis-store.ts';

const HOUR_MS = 3_600_000;
const LIMITS = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100, firstLevelBytes: 2 ** 20 };

/** A model's traffic: requests in a busy hour, and dollars, tokens and milliseconds per generation. */
const MODELS: [Provider, string, { busy: number; usd: number; tokens: number; ms: number }][] = [
	['openai', 'gpt-4o', { busy: 120, usd: 0.0068, tokens: 2060, ms: 2400 }],
	['openai', 'gpt-4o-mini', { busy: 210, usd: 0.0004, tokens: 2060, ms: 1100 }],
	['anthropic', 'claude-sonnet-4-5', { busy: 70, usd: 0.0088, tokens: 2060, ms: 3100 }],
	['mistral', 'mistral-small-latest', { busy: 45, usd: 0.0002, tokens: 2060, ms: 900 }],
];

/** Counts two sample days of an editorial office, the second slightly better. For pictures only. */
export async function countSampleHistory(redisUrl: string): Promise<void> {
	const store = new RedisStore({
		...LIMITS,
		connection: { url: redisUrl, connectTimeoutMs: 2000 },
		namespace: 'ai-cache',
	});
	await store.open();
	const now = Date.now();
	for (let ago = 47; ago >= 1; ago--) {
		const at = now - ago * HOUR_MS;
		await store.addStats(
			at,
			MODELS.map(([provider, model, traffic]) => rowOf(provider, model, traffic, at, ago < 24)),
		);
	}
	await store.close();
}

function rowOf(
	provider: Provider,
	model: string,
	{ busy, usd, tokens, ms }: (typeof MODELS)[number][2],
	at: number,
	later: boolean,
): StatsDelta {
	const hour = new Date(at).getUTCHours();
	const activity = Math.max(0.08, Math.sin(((hour - 5) / 16) * Math.PI)) * (0.85 + 0.15 * Math.sin(hour * 2.3));
	const lookups = Math.round(busy * activity);
	const hits = Math.round(lookups * (later ? 0.81 : 0.76));
	const stale = Math.round(lookups * 0.02);
	const misses = lookups - hits - stale;
	const deltas = {
		hits,
		stale,
		misses,
		stored: misses,
		stored_bytes: misses * 2000,
		saved_usd: (hits + stale) * usd,
		saved_tokens: (hits + stale) * tokens,
		saved_ms: (hits + stale) * ms,
		spent_usd: misses * usd,
		spent_tokens: misses * tokens,
		spent_ms: misses * ms,
	};
	return { provider, model, collection: 'articles', deltas };
}
