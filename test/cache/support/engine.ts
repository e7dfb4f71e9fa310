import { unpackSection } from '../../../src/cache/entry-codec.ts';
import { AiCache, type AiCacheSettings, type PutItem } from '../../../src/cache/cache.ts';
import { type Dependencies, dependencyTags } from '../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { Answer, CacheRequest, Draft, Generated, Generation } from '../../../src/cache/generation/types.ts';
import { type ModelChange, Models } from '../../../src/cache/model-versions.ts';
import { type Counter, type Identity, StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import { type Counts, total } from '../../../src/cache/stats/aggregate.ts';
import type { Store } from '../../../src/cache/store.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import { type FakeClock, fakeClock } from '../../support/clock.ts';
import { deferred } from './deferred.ts';

export const TTL = 100;
export const STALE_SECONDS = 600;
export const IDENTITY: Identity = { provider: 'openai', model: 'gpt-4o', collection: 'articles' };
export const NO_DEPENDENCIES: Dependencies = { content: [], tags: [] };

export const SETTINGS: AiCacheSettings = {
	storeBudgetMs: 250,
	compressAbove: 1000,
	leaseMs: 5000,
	maxWaitMs: 60_000,
};

/** One call that reached the provider, to be answered by the test. */
export interface UpstreamCall {
	signal: AbortSignal;
	answer(text?: string, more?: Partial<Draft>, refused?: string): void;
	fail(error: Error): void;
	/** Begins to stream; the answer is then given by the returned functions. */
	stream(live: string): { end(text?: string): void; breakOff(error: Error): void };
}

/** A provider that answers when the test says so, and gives up when nobody waits. */
export class Upstream {
	readonly calls: UpstreamCall[] = [];
	#waiting: { times: number; resolve: () => void }[] = [];

	readonly generate = (signal: AbortSignal): Promise<Generation<string>> =>
		new Promise((resolve, reject) => {
			signal.addEventListener('abort', () => reject(new Error('nobody waits any more')));
			this.calls.push({
				signal,
				answer: (text, more, refused) => resolve({ done: Promise.resolve(generated(text, more, refused)) }),
				fail: reject,
				stream: (live) => {
					const { promise, resolve: end, reject: breakOff } = deferred<Generated>();
					resolve({ live, done: promise });
					return { end: (text) => end(generated(text)), breakOff };
				},
			});
			this.#waiting = this.#waiting.filter(({ times, resolve: arrived }) => {
				if (this.calls.length < times) return true;
				arrived();
				return false;
			});
		});

	/** Resolves with the last of so many calls. */
	async call(times: number): Promise<UpstreamCall> {
		if (this.calls.length < times) {
			await new Promise<void>((resolve) => this.#waiting.push({ times, resolve }));
		}
		return this.calls[times - 1]!;
	}
}

/** One process: an engine on a store, with a provider of its own. */
export interface Process {
	cache: AiCache<string>;
	upstream: Upstream;
	recorder: StatsRecorder;
	models: Models;
	changes: ModelChange[];
	ask(more?: Partial<CacheRequest<string>>): Promise<Answer<string>>;
	/** Asks and answers the provider's call with that text. */
	fill(text: string, more?: Partial<CacheRequest<string>>, draft?: Partial<Draft>): Promise<Answer<string>>;
	/** What was counted since the clock began. */
	counts(): Promise<Counts>;
}

export interface Engine extends Process {
	clock: FakeClock;
	store: MemoryStore;
	/** Another process on the same store, or on a store that behaves otherwise. */
	join(store?: Store): Process;
}

export function startEngine(settings: Partial<AiCacheSettings> = {}): Engine {
	const clock = fakeClock();
	const limits = { maxBytes: 10_000_000, maxEntryBytes: 100_000, staleSeconds: STALE_SECONDS, journalRows: 10 };
	const store = new MemoryStore({ ...limits, clock });
	const join = (other: Store = store): Process => startProcess(other, clock, { ...SETTINGS, ...settings });
	return { ...join(), clock, store, join };
}

function startProcess(store: Store, clock: FakeClock, settings: AiCacheSettings): Process {
	const upstream = new Upstream();
	const recorder = new StatsRecorder(store, clock);
	const changes: ModelChange[] = [];
	const models = new Models(store, clock, async (change) => void changes.push(change));
	const cache = new AiCache<string>(store, clock, recorder, models, settings);
	const ask: Process['ask'] = (more = {}) => cache.resolve(requestOf(upstream, more));
	return {
		cache,
		upstream,
		recorder,
		models,
		changes,
		ask,
		fill: async (text, more, draft) => {
			const next = upstream.calls.length + 1;
			const answer = ask(more);
			(await upstream.call(next)).answer(text, draft);
			return answer;
		},
		counts: async () => {
			await recorder.flush();
			return total(await store.readStats('day', 0, clock.now() + 1));
		},
	};
}

function requestOf(upstream: Upstream, more: Partial<CacheRequest<string>>): CacheRequest<string> {
	const { provider, model, dependencies } = { ...IDENTITY, dependencies: NO_DEPENDENCIES, ...more };
	return {
		...IDENTITY,
		key: 'openai:gpt-4o:key',
		dependencies,
		tags: dependencyTags(provider, model, dependencies),
		mode: 'default',
		signal: new AbortController().signal,
		wantsLive: false,
		generate: upstream.generate,
		...more,
	};
}

export function generated(text = 'An answer', more: Partial<Draft> = {}, refused: string | null = null): Generated {
	return {
		refused,
		draft: {
			operation: 'chat',
			scope: 'shared',
			ttl: TTL,
			ttlParts: { base: TTL, tier_factor: 1, confidence: 1, collection_factor: 1, asked: null, reasons: [] },
			costTier: 'medium',
			contentType: 'standard',
			usage: { input_tokens: 10, output_tokens: 5 },
			usd: 0.5,
			durationMs: 800,
			finishReason: 'stop',
			snapshot: null,
			systemFingerprint: null,
			requestId: null,
			preview: text,
			body: Buffer.from(text),
			request: Buffer.from('{}'),
			...more,
		},
	};
}

export const putItem = (key: string, text: string, more: Partial<PutItem> = {}): PutItem => ({
	key,
	identity: IDENTITY,
	dependencies: NO_DEPENDENCIES,
	generated: generated(text),
	...more,
});

export const lookupOf = (key: string, dependencies: Dependencies = NO_DEPENDENCIES) => ({
	...IDENTITY,
	key,
	tags: dependencyTags(IDENTITY.provider, IDENTITY.model, dependencies),
});

/** The text that an answer ends with. */
export async function textOf(answer: Answer<string>): Promise<string> {
	return textIn((await answer.outcome).entry);
}

export const textIn = async ({ body }: Entry): Promise<string> => (await unpackSection(body)).toString();

/** Those counters that are not nought. */
export const counted = (counts: Counts): Partial<Record<Counter, number>> =>
	Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/** The store with some of its members behaving otherwise. */
export function instead(store: Store, others: Partial<Store>): Store {
	return new Proxy(store, {
		get: (target, name) => {
			const own = others[name as keyof Store];
			if (own !== undefined) return own;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? (value.bind(target) as unknown) : value;
		},
	});
}
