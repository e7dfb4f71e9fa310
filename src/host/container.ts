import type { JournalDetail } from '../shared/api-types.ts';
import { AiCache } from '../cache/cache.ts';
import { type Clock, systemClock } from '../cache/clock.ts';
import { allTag } from '../cache/tags/tags.ts';
import { type ModelChange, Models } from '../cache/model-versions.ts';
import { StatsRecorder } from '../cache/stats/recorder.ts';
import type { Store } from '../cache/store.ts';
import { includeRelated, WriteLog } from '../content/write-log.ts';
import { createPricing, type Pricing } from '../providers/pricing/pricing.ts';
import { createUpstream, type Upstream } from '../providers/http/http-client.ts';
import { Asker } from '../services/generation/read-through.ts';
import { Callers } from '../services/access/caller-repository.ts';
import { Embeddings } from '../services/generation/embedding-service.ts';
import { Entries } from '../services/admin/entry-service.ts';
import { NoProviderKeyError } from '../services/errors/errors.ts';
import { Exchanges } from '../services/generation/provider-request.ts';
import { Health } from '../services/admin/health-service.ts';
import type { HostContext } from '../services/host.ts';
import { Invalidator } from '../services/invalidation/invalidation-service.ts';
import { writeNote } from '../services/invalidation/journal-note.ts';
import { KeptAnswers } from '../services/invalidation/stale-answer-service.ts';
import { JoinedHits } from '../services/generation/embedding-assembler.ts';
import { Lane } from './fast-path/fast-path.ts';
import { laneSettings } from './fast-path/options.ts';
import { NativeReply } from './fast-path/hit-responder.ts';
import type { LiveStream } from '../services/streaming/live-stream.ts';
import { Metrics } from '../services/admin/metrics/metrics-service.ts';
import { ModelLists } from '../services/generation/model-list-service.ts';
import { Native } from '../services/generation/generation-service.ts';
import { openStore } from './create-store.ts';
import { ProviderKeys } from '../services/access/provider-key-service.ts';
import { Putter } from '../services/generation/store-service.ts';
import { refreshesAny } from '../services/generation/refresh-policy.ts';
import { Regenerator } from '../services/warming/regeneration-service.ts';
import { ReadyAnswers } from '../services/generation/response-cache.ts';
import { Refresher } from '../services/invalidation/refresh-service.ts';
import { Reports } from '../services/admin/stats-service.ts';
import { Reviver } from '../services/generation/request-replayer.ts';
import { quickBytes } from '../services/config/memory-limits.ts';
import { readSettings, type Settings, SettingsError } from '../services/config/settings.ts';
import { NativeStreams } from '../services/generation/streaming-service.ts';
import { Warmer } from '../services/warming/warming-service.ts';

/** Everything that the doors need, made once per process. */
export class Runtime {
	readonly settings: Settings;
	readonly clock: Clock = systemClock;
	readonly store: Store;
	readonly cache: AiCache<LiveStream>;
	readonly recorder: StatsRecorder;
	readonly models: Models;
	readonly invalidator: Invalidator;
	readonly #refresher: Refresher | null;
	readonly keys: ProviderKeys;
	readonly exchanges: Exchanges;
	readonly asker: Asker;
	readonly modelLists: ModelLists;
	/** Of the compatible routes. */
	readonly readyAnswers: ReadyAnswers<Buffer>;
	readonly joinedHits: JoinedHits;
	readonly embeddings: Embeddings;
	readonly native: Native;
	readonly nativeStreams: NativeStreams;
	readonly putter: Putter;
	readonly reports: Reports;
	readonly entries: Entries;
	readonly regenerator: Regenerator;
	readonly warmer: Warmer;
	readonly health: Health;
	readonly metrics: Metrics;
	readonly lane: Lane;
	readonly nativeReply: NativeReply;
	readonly #upstream: Upstream;
	readonly #closeStore: () => Promise<void>;
	/** Whether the hook is registered in this load of the bundle: without it, changes of the content are not seen. */
	listening = false;
	/** Settles when the store was reached for the first time, or was found to be away. */
	readonly ready: Promise<void>;

	/** Throws `SettingsError`. */
	constructor(host: HostContext) {
		this.settings = readSettings(host.env);
		const { values } = this.settings;
		const { clock } = this;
		const opened = openStore(this.settings, host, clock);
		this.store = opened.store;
		this.#closeStore = opened.close;
		this.recorder = new StatsRecorder(this.store, clock);
		this.models = new Models(this.store, clock, (change) => this.#modelChanged(change, host));
		this.cache = new AiCache(this.store, clock, this.recorder, this.models, {
			storeBudgetMs: values.AI_CACHE_STORE_TIMEOUT,
			compressAbove: values.AI_CACHE_COMPRESS_ABOVE,
			leaseMs: LEASE_MS,
			maxWaitMs: values.AI_CACHE_UPSTREAM_TIMEOUT,
			neverAsked: (error) => error instanceof NoProviderKeyError,
			onGenerated: (provider, ms) => this.metrics.generated(provider, ms),
		});
		this.lane = new Lane(this.cache, clock, laneSettings(this.settings, host.env), this.models);
		this.nativeReply = new NativeReply(clock, quickBytes(this.settings));
		this.keys = new ProviderKeys(values, host);
		this.#upstream = createUpstream({ proxies: this.settings.proxies });
		const pricing = createPricing(values.AI_CACHE_PRICES ?? {});
		this.exchanges = new Exchanges(values, this.models, () => this.listening);
		this.asker = new Asker(this.cache, this.#upstream, this.keys, pricing, values, clock);
		this.readyAnswers = new ReadyAnswers(quickBytes(this.settings), ({ length }) => length);
		this.joinedHits = new JoinedHits(clock, this.readyAnswers);
		this.embeddings = new Embeddings(this.cache, this.asker, this.exchanges, this.joinedHits);
		this.modelLists = new ModelLists(this.#upstream, this.keys, values);
		this.native = new Native(this.cache, this.asker, this.exchanges, host, values, clock);
		this.nativeStreams = new NativeStreams(this.native, this.asker, clock);
		this.putter = new Putter(this.cache, this.native, pricing, values, clock);
		this.reports = new Reports(this.store, clock, this.recorder, this.models, this.keys, pricing);
		this.entries = new Entries(this.store, clock, pricing, values.AI_CACHE_STUDIO_SHOW_CONTENT);
		const callers = new Callers(host.database, values.AI_CACHE_ACCESS);
		const reviver = new Reviver(this.exchanges, this.native, callers);
		this.regenerator = new Regenerator(this.store, clock, this.asker, reviver);
		this.warmer = new Warmer(this.store, clock, this.asker, this.native, reviver, pricing, values);
		this.#refresher = this.#createRefresher(reviver, pricing, host);
		this.invalidator = new Invalidator(this.store, clock, () => this.lane.forgetCallers(), this.#refresher);
		this.health = new Health(this.settings, opened, this.keys, () => this.listening);
		this.metrics = new Metrics(this.store, this.recorder, this.health);
		this.recorder.start();
		this.ready = opened.open().then(() => this.models.reload());
	}

	/** `keepStore`: another runtime has taken it over. */
	async close(keepStore = false): Promise<void> {
		await this.warmer.close();
		this.#refresher?.close();
		await this.recorder.stop();
		this.#upstream.close();
		if (!keepStore) await this.#closeStore();
	}

	/** Takes away all that may have been made from content that changed while no hook was there to see it. */
	async forgetMissed(log: WriteLog | null, host: HostContext): Promise<void> {
		const tables = log?.listMissedTables() ?? null;
		if (tables === null) await this.store.invalidate([allTag()]);
		else if (tables.length > 0) {
			const author = { cause: 'event', event: 'extensions.reload' } as const;
			const take = (collections: readonly string[]): Promise<void> =>
				this.invalidator.changed(
					collections.map((collection) => ({ kind: 'schema', collection }) as const),
					author,
				);
			await Promise.all([take(tables), host.getSchema().then((schema) => take(includeRelated(tables, schema)))]);
		}
	}

	/** Null where no collection's answers are made again. */
	#createRefresher(reviver: Reviver, pricing: Pricing, { logger }: HostContext): Refresher | null {
		const { store, clock, recorder, asker } = this;
		const { values } = this.settings;
		if (!refreshesAny(values)) return null;
		const kept = new KeptAnswers(store, clock, reviver, values);
		kept.start();
		return new Refresher({ store, clock, recorder, asker, reviver, kept, pricing, values, logger });
	}

	/** Another snapshot stands behind a model's name: said in the journal, and acted on where the settings want it. */
	async #modelChanged(change: ModelChange, host: HostContext): Promise<void> {
		const { provider, model, from, to } = change;
		const identifier = change.kind === 'snapshot' ? 'snapshot' : 'fingerprint';
		const details: JournalDetail[] = [{ kind: 'model', provider, model, identifier, from, to }];
		host.logger.info(`AI cache: ${writeNote(details)}`);
		const author = { cause: 'model_update', details } as const;
		if (this.settings.values.AI_CACHE_ON_MODEL_UPDATE === 'invalidate' && !change.unsteady) {
			await this.invalidator.raiseVersion(this.models, provider, model, author);
		} else await this.invalidator.note({ provider, model }, author);
	}
}

/** A process that dies while it generates holds up the others for no longer. */
const LEASE_MS = 5000;
const PLACE = Symbol.for('directus-extension-ai-cache.runtime');
/** To be raised when `WriteLog` changes: the one of the process's first load stays. */
const WRITES_PLACE = Symbol.for('directus-extension-ai-cache.writes.1');
const shared = globalThis as { [PLACE]?: Runtime; [WRITES_PLACE]?: WriteLog };
let own: Runtime | null = null;

/** What this process writes; null if that cannot be known. */
export function getWriteLog(host: HostContext): WriteLog | null {
	if (shared[WRITES_PLACE]) return shared[WRITES_PLACE];
	const log = new WriteLog();
	if (!log.listen(host.database)) return null;
	shared[WRITES_PLACE] = log;
	return log;
}

/**
 * The process's runtime, made by the first door that asks. When Directus reloads its extensions it drops the old module
 * without a word, so the new one closes its predecessor's connections, and gives up what may have changed in between.
 */
export function getRuntime(host: HostContext): Runtime {
	if (own === null) {
		const predecessor = shared[PLACE];
		const known = WRITES_PLACE in shared;
		const log = getWriteLog(host);
		own = createRuntime(host);
		shared[PLACE] = own;
		if (predecessor) {
			own.forgetMissed(known ? log : null, host).catch((error: unknown) => {
				const reason = error instanceof Error ? error.message : 'an unknown error';
				host.logger.error(`AI cache: what changed while extensions were loaded may not be seen (${reason})`);
			});
			predecessor.close(predecessor.store === own.store).catch(() => {});
		}
	}
	return own;
}

/** Directus reports an extension that cannot be registered as a warning only, and then lists it among the loaded ones. */
function createRuntime(host: HostContext): Runtime {
	try {
		return new Runtime(host);
	} catch (error) {
		if (error instanceof SettingsError) host.logger.error(error.message);
		throw error;
	}
}

/** That of the latest load of this bundle: what Directus registers only once, as middlewares, outlives a reload. */
export const latestRuntime = (): Runtime | null => shared[PLACE] ?? null;
