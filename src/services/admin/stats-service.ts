import {
	type CollectionFigures,
	type JournalRow,
	type Provider,
	type ProviderFigures,
	PROVIDERS,
	type StatsInterval,
	type StatsReport,
} from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { collectionTag, criteriaTagSets, modelTag, providerTag } from '../../cache/tags/tags.ts';
import type { Models } from '../../cache/model-versions.ts';
import { bucketStart, bucketStarts, INTERVAL_MS, RETENTION_MS } from '../../cache/stats/buckets.ts';
import type { StatsRecorder } from '../../cache/stats/recorder.ts';
import { groupRows, noCounts, series, toFigures, total } from '../../cache/stats/aggregate.ts';
import type { StatsBucket, StatsDelta, Store } from '../../cache/store.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import { timeLimit } from '../../cache/timeout.ts';
import { InvalidRequestError } from '../errors/errors.ts';
import type { ProviderKeys } from '../access/provider-key-service.ts';

export interface StatsQuery {
	provider?: Provider;
	model?: string;
	collection?: string;
	/** Milliseconds since the epoch; by default the last 24 hours. */
	from?: number;
	to?: number;
	interval?: StatsInterval;
}

const DAY_MS = INTERVAL_MS.day;
/** Points of a series, and buckets read at once. */
const MAX_BUCKETS = 1500;
/** Milliseconds that the figures wait for what this process counted last: a store that is away is told of soon. */
const FLUSH_WAIT_MS = 1000;

/** Adds the buckets up to what the Studio and `GET /stats` show. */
export class Reports {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #recorder: StatsRecorder;
	readonly #models: Models;
	readonly #keys: ProviderKeys;
	readonly #pricing: Pick<Pricing, 'outputPrice'>;

	constructor(
		store: Store,
		clock: Clock,
		recorder: StatsRecorder,
		models: Models,
		keys: ProviderKeys,
		pricing: Pick<Pricing, 'outputPrice'>,
	) {
		this.#pricing = pricing;
		this.#store = store;
		this.#clock = clock;
		this.#recorder = recorder;
		this.#models = models;
		this.#keys = keys;
	}

	async stats(query: StatsQuery): Promise<StatsReport> {
		// What this process counted a moment ago belongs to the figures; others write theirs every second.
		await timeLimit(FLUSH_WAIT_MS, () => this.#recorder.flush()).catch(() => {});
		const now = this.#clock.now();
		const to = query.to ?? now;
		const from = query.from ?? to - DAY_MS;
		if (from >= to) throw new InvalidRequestError({ field: 'from', reason: '"from" must be before "to"' });
		const interval = query.interval ?? intervalFor(from, to, now);
		demandReadable(interval, from, to, now);
		const [buckets, earlier] = await Promise.all([
			this.#read(interval, from, to, query),
			this.#readBefore(interval, from, to, query),
		]);
		const [overall, providers, collections] = await Promise.all([
			this.#overall(buckets, query),
			this.#providers(buckets, query),
			this.#collections(buckets),
		]);
		return {
			from: new Date(from).toISOString(),
			to: new Date(to).toISOString(),
			overall,
			previous: toFigures(total(earlier)),
			providers,
			collections,
			...(query.interval && { series: { interval, points: series(buckets, bucketStarts(interval, from, to)) } }),
		};
	}

	/** The same length of time before, by buckets that reach back so far. */
	#readBefore(interval: StatsInterval, from: number, to: number, query: StatsQuery): Promise<StatsBucket[]> {
		const now = this.#clock.now();
		const coarse = isKept(interval, from - (to - from), now) ? interval : intervalFor(from - (to - from), from, now);
		const end = bucketStart(coarse, from);
		return this.#read(coarse, end - Math.max(to - from, INTERVAL_MS[coarse]), end, query);
	}

	async #read(interval: StatsInterval, from: number, to: number, query: StatsQuery): Promise<StatsBucket[]> {
		const buckets = await this.#store.readStats(interval, from, to);
		const wanted = ({ provider, model, collection }: StatsDelta): boolean =>
			(query.provider === undefined || provider === query.provider) &&
			(query.model === undefined || model === query.model) &&
			(query.collection === undefined || collection === query.collection);
		return buckets.map(({ at, rows }) => ({ at, rows: rows.filter(wanted) }));
	}

	async #overall(buckets: readonly StatsBucket[], query: StatsQuery): Promise<StatsReport['overall']> {
		const [entries, bytes] = await Promise.all([this.#entries(query), this.#store.bytesHeld()]);
		return { ...toFigures(total(buckets)), entries, bytes };
	}

	/** Live entries that meet the query: by their count where one tag says it, else found by the indexes. */
	async #entries({ provider, model, collection }: StatsQuery): Promise<number> {
		const sets = criteriaTagSets({
			...(provider && { provider }),
			...(model !== undefined && { model }),
			...(collection !== undefined && { collection }),
		});
		const [set = []] = sets;
		if (sets.length > 1 || set.length > 1) return (await this.#store.measure(sets)).entries;
		return (await this.#store.count(set))[0] ?? 0;
	}

	async #providers(buckets: readonly StatsBucket[], query: StatsQuery): Promise<Record<Provider, ProviderFigures>> {
		// Another process may have seen a snapshot that this one has not.
		await this.#models.reload();
		const states = this.#models.states();
		const names = [...PROVIDERS];
		const counts = groupRows(buckets, ({ provider }) => provider);
		const keys = await Promise.all(names.map((name) => this.#keys.find(name)));
		const entries = await this.#store.count(names.map(providerTag));
		const rows = await Promise.all(
			names.map(async (name, index): Promise<[Provider, ProviderFigures]> => [
				name,
				{
					...toFigures(counts.get(name) ?? noCounts()),
					entries: entries[index] ?? 0,
					has_key: keys[index] !== null,
					models: await this.#modelsOf(name, buckets, states, query),
				},
			]),
		);
		return Object.fromEntries(rows) as Record<Provider, ProviderFigures>;
	}

	async #modelsOf(
		provider: Provider,
		buckets: readonly StatsBucket[],
		states: ReturnType<Models['states']>,
		query: StatsQuery,
	): Promise<ProviderFigures['models']> {
		const counts = groupRows(buckets, (row) => (row.provider === provider ? row.model : null));
		const known = [...states.keys()]
			.filter((name) => name.startsWith(`${provider}/`))
			.map((name) => name.slice(provider.length + 1));
		const unfiltered = query.model === undefined && query.collection === undefined;
		const names = [...new Set([...counts.keys(), ...(unfiltered ? known : [])])].sort();
		const entries = await this.#store.count(names.map((name) => modelTag(provider, name)));
		return Object.fromEntries(
			names.map((name, index) => {
				const state = states.get(`${provider}/${name}`);
				return [
					name,
					{
						...toFigures(counts.get(name) ?? noCounts()),
						entries: entries[index] ?? 0,
						priced: this.#pricing.outputPrice(provider, name) !== null,
						version: state?.version ?? 1,
						snapshot: state?.snapshot ?? null,
						snapshot_changed_at: state?.changedAt ? new Date(state.changedAt).toISOString() : null,
					},
				];
			}),
		);
	}

	async #collections(buckets: readonly StatsBucket[]): Promise<Record<string, CollectionFigures>> {
		const counts = groupRows(buckets, ({ collection }) => collection || null);
		const last: Record<string, JournalRow> = await this.#store.lastInvalidations();
		const names = [...new Set([...counts.keys(), ...Object.keys(last)])].sort();
		const entries = await this.#store.count(names.map(collectionTag));
		return Object.fromEntries(
			names.map((name, index) => [
				name,
				{
					...toFigures(counts.get(name) ?? noCounts()),
					entries: entries[index] ?? 0,
					last_invalidation: last[name] ?? null,
				},
			]),
		);
	}
}

/**
 * The coarsest interval that still shows the period's shape: minutes to 2 hours, hours to 8 days, then days; coarser
 * where that is not kept any more.
 */
function intervalFor(from: number, to: number, now: number): StatsInterval {
	const length = to - from;
	if (length <= 2 * INTERVAL_MS.hour && isKept('minute', from, now)) return 'minute';
	return length <= 8 * DAY_MS && isKept('hour', from, now) ? 'hour' : 'day';
}

const isKept = (interval: StatsInterval, from: number, now: number): boolean => from >= now - RETENTION_MS[interval];

function demandReadable(interval: StatsInterval, from: number, to: number, now: number): void {
	if (interval !== 'day' && !isKept(interval, from, now)) {
		const kept = interval === 'minute' ? '26 hours' : '62 days';
		const reason = `"interval" is too fine for a period so long ago: figures by the ${interval} are kept for ${kept}`;
		throw new InvalidRequestError({ field: 'interval', reason });
	}
	if ((to - from) / INTERVAL_MS[interval] <= MAX_BUCKETS) return;
	throw new InvalidRequestError({
		field: 'interval',
		reason: `"interval" is too fine for the period: it would take more than ${MAX_BUCKETS} points`,
	});
}
