import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

import type { GenerationRequest } from '../../../src/shared/api-types.ts';
import { AiCache } from '../../../src/cache/cache.ts';
import { changeTags, type ContentChange, type ContentDependency } from '../../../src/cache/tags/tags.ts';
import { Models } from '../../../src/cache/model-versions.ts';
import { StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import type { Store } from '../../../src/cache/store.ts';
import { collectDeclaredDependencies } from '../../../src/content/templates/declared-dependencies.ts';
import { createPricing } from '../../../src/providers/pricing/pricing.ts';
import type { Upstream } from '../../../src/providers/http/http-client.ts';
import { bodyOf } from '../../../src/services/generation/format-answer.ts';
import { type Asked, Asker } from '../../../src/services/generation/read-through.ts';
import { type Caller, callerOf } from '../../../src/services/access/caller.ts';
import { Exchanges } from '../../../src/services/generation/provider-request.ts';
import { Invalidator } from '../../../src/services/invalidation/invalidation-service.ts';
import { KeptAnswers } from '../../../src/services/invalidation/stale-answer-service.ts';
import type { LiveStream } from '../../../src/services/streaming/live-stream.ts';
import type { Native } from '../../../src/services/generation/generation-service.ts';
import type { ProviderKeys } from '../../../src/services/access/provider-key-service.ts';
import { Refresher } from '../../../src/services/invalidation/refresh-service.ts';
import { Regenerator } from '../../../src/services/warming/regeneration-service.ts';
import { Reviver } from '../../../src/services/generation/request-replayer.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { Warmer } from '../../../src/services/warming/warming-service.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import { SETTINGS } from '../../cache/support/engine.ts';
import { type FakeClock, fakeClock } from '../../support/clock.ts';

/** Of each answer: 100 × 10 000 + 50 × 20 000 USD a million tokens. */
export const USD = 2;

export const user = (id: string): Caller => ({
	...callerOf({ user: id, role: 'editor', roles: ['editor'], admin: false, app: false, ip: null }),
});

export const announce = (item: string, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: 'Announce {{title}}',
	collection: 'articles',
	item,
	...more,
});

/** What processes have in common. */
interface Shared {
	clock: FakeClock;
	store: Store;
	titles: Map<string, string>;
}

/** A process with the memory store, unless another is given, and articles that have a title; its provider answers with what it was asked. Ends with the test. */
export function startArticles(environment: Record<string, unknown> = {}, shared: Partial<Shared> = {}) {
	const clock = shared.clock ?? fakeClock();
	const { values } = readSettings({
		AI_CACHE_OPENAI_API_KEY: 'sk-test',
		AI_CACHE_PRICES: '{"openai/gpt-4o-mini":{"input":10000,"output":20000}}',
		...environment,
	});
	const limits = { maxBytes: 10_000_000, maxEntryBytes: 100_000, staleSeconds: 600, journalRows: 50 };
	const store = shared.store ?? new MemoryStore({ ...limits, clock });
	const recorder = new StatsRecorder(store, clock);
	const models = new Models(store, clock, async () => {});
	const cache = new AiCache<LiveStream>(store, clock, recorder, models, SETTINGS);
	const prompts: string[] = [];
	const upstream = answering(prompts);
	const keys = { find: async () => ({ key: 'sk-test', source: 'environment' }) } as unknown as ProviderKeys;
	const pricing = createPricing(values.AI_CACHE_PRICES ?? {});
	const asker = new Asker(cache, upstream, keys, pricing, values, clock);
	const exchanges = new Exchanges(values, models);
	const titles = shared.titles ?? new Map<string, string>();
	const mayNot = new Set<string>();
	const prepare: Native['prepare'] = async (request, caller) => {
		if (request.item === undefined) {
			const content = collectDeclaredDependencies(request);
			return [{ exchange: exchanges.native(request, request, content, caller), item: null }];
		}
		const item = String(request.item);
		const title = titles.get(item);
		if (title === undefined) throw new Error('no such article');
		const content: ContentDependency[] = [{ collection: 'articles', items: [item], fields: ['title'] }];
		const rendered = { ...request, prompt: request.prompt?.replace('{{title}}', title) ?? '' };
		return [{ exchange: exchanges.native(rendered, request, content, caller, item), item }];
	};
	const restore = async ({ user: id }: { user: string | null }) => (id === null || mayNot.has(id) ? null : user(id));
	const reviver = new Reviver(exchanges, { prepare }, { restore });
	const kept = new KeptAnswers(store, clock, reviver, values);
	const log: string[] = [];
	const logger = { warn: (message: string) => void log.push(message) };
	const refresher = new Refresher({ store, clock, recorder, asker, reviver, kept, pricing, values, logger });
	const invalidator = new Invalidator(store, clock, () => {}, refresher);
	const regenerator = new Regenerator(store, clock, asker, reviver);
	const warmer = new Warmer(store, clock, asker, { prepare }, reviver, pricing, values);
	const ask = async (request: GenerationRequest, caller = user('ann')): Promise<Asked & { text: string }> => {
		const [prepared] = await prepare(request, caller);
		const asked = await asker.ask(prepared!.exchange, { signal: new AbortController().signal, wantsLive: false });
		return { ...asked, text: JSON.stringify(await bodyOf((await asked.outcome).entry)) };
	};
	const save = async (item: string, title: string, more: readonly ContentChange[] = []): Promise<void> => {
		titles.set(item, title);
		const change: ContentChange = { kind: 'update', collection: 'articles', items: [item], fields: ['title'] };
		await invalidator.changed([change, ...more], { cause: 'event', event: 'items.update' });
		await invalidator.settled();
		// Counted and noted after it is in force.
		await setImmediate();
	};
	onTestFinished(() => refresher.close());
	return {
		clock,
		store,
		recorder,
		cache,
		prompts,
		upstream,
		titles,
		mayNot,
		log,
		kept,
		refresher,
		invalidator,
		warmer,
		regenerator,
		ask,
		/** Asks so often that it counts as asked often. */
		askOften: async (request: GenerationRequest, times = 3, caller = user('ann')): Promise<void> => {
			for (let time = 0; time < times; time++) await ask(request, caller);
			await recorder.flush();
		},
		save,
		/** What a save takes away, once more. */
		repeat: (item: string) =>
			invalidator.repeat(changeTags({ kind: 'update', collection: 'articles', items: [item], fields: ['title'] })),
		/** Lets so many seconds pass, and does what is due then. */
		pass: async (seconds: number): Promise<void> => {
			clock.advanceSeconds(seconds);
			await refresher.refreshDue();
		},
		journal: () => store.readJournal(50, null),
	};
}

/** With four articles, where what is asked often is made again from new content, one answer at a time. */
export function startRefreshing(environment: Record<string, unknown> = {}) {
	const articles = startArticles({
		AI_CACHE_ON_INVALIDATE: 'refresh',
		AI_CACHE_REFRESH_BUDGET: '1000',
		AI_CACHE_WARM_CONCURRENCY: '1',
		...environment,
	});
	for (const item of ['1', '2', '3', '4']) articles.titles.set(item, `Title ${item}`);
	return articles;
}

/** Notes what it is asked, and says it back. `fail` is how it answers the next call instead. */
function answering(prompts: string[]): Upstream & { fail: number } {
	const call = async ({ body }: { body: Buffer }) => {
		const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
		const content = messages.at(-1)?.content ?? '';
		prompts.push(content);
		const status = upstream.fail;
		upstream.fail = 200;
		return {
			status,
			headers: {},
			body: Buffer.from(JSON.stringify(status === 200 ? completion(`About: ${content}`) : {})),
		};
	};
	const receive: Upstream['receive'] = async (request, begin) => {
		const { body, ...head } = await upstream.call(request);
		const bytes = (async function* () {
			yield body;
		})();
		return begin({ ...head, bytes, cancel: () => {} });
	};
	const upstream = { fail: 200, call, receive, close: () => {} } as unknown as Upstream & { fail: number };
	return upstream;
}

export const completion = (content: string) => ({
	id: 'chatcmpl-1',
	object: 'chat.completion',
	model: 'gpt-4o-mini-2024-07-18',
	choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
	usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
});
