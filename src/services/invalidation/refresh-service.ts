import type { JournalRow } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { changeTags, type ContentChange, keptCollectionTag, keptTag, type Tag } from '../../cache/tags/tags.ts';
import { newId } from '../../cache/ids.ts';
import { Debounce } from '../../cache/policy/debounce.ts';
import { chooseRefreshes, type Refreshable } from '../../cache/policy/refresh-selection.ts';
import { bucketStart } from '../../cache/stats/buckets.ts';
import type { StatsRecorder } from '../../cache/stats/recorder.ts';
import type { Store } from '../../cache/store.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import type { Asker } from '../generation/read-through.ts';
import { eachBounded } from '../utils/concurrency.ts';
import { changesCallers } from '../access/caller.ts';
import type { HostLogger } from '../host.ts';
import type { ChangeWatcher } from './invalidation-service.ts';
import { writeNote } from './journal-note.ts';
import type { KeptAnswers, Keeping } from './stale-answer-service.ts';
import { debounceLimitMs, refreshes } from '../generation/refresh-policy.ts';
import { describeTally, emptyTally, type RefreshTally } from './refresh-summary.ts';
import type { Remembered, Reviver } from '../generation/request-replayer.ts';
import type { SettingValues } from '../config/settings-schema.ts';

/** As many of the requests asked most as stores keep. */
const LOOK_THROUGH = 2000;
const MAX_JOURNAL_ITEMS = 50;

type Candidate = Refreshable & Remembered;

export interface RefresherParts {
	store: Store;
	clock: Clock;
	recorder: StatsRecorder;
	asker: Pick<Asker, 'ask'>;
	reviver: Reviver;
	kept: KeptAnswers;
	pricing: Pick<Pricing, 'outputPrice'>;
	values: SettingValues;
	logger: Pick<HostLogger, 'warn'>;
}

/**
 * Makes answers again that a change of their content took: those that are asked often, once the content is quiet,
 * within the day's budget. Done by the process that saw the change.
 */
export class Refresher implements ChangeWatcher {
	readonly #parts: RefresherParts;
	readonly #debounce: Debounce;
	readonly #leaving = new AbortController();
	#timer: NodeJS.Timeout | undefined;
	#last: Promise<void> = Promise.resolve();

	constructor(parts: RefresherParts) {
		this.#parts = parts;
		this.#debounce = new Debounce(parts.values.AI_CACHE_REFRESH_DEBOUNCE, debounceLimitMs(parts.values));
	}

	changing(changes: readonly ContentChange[]): { also: Tag[]; keeping: Keeping | null } {
		const now = this.#parts.clock.now();
		for (const change of changes) this.#debounce.add(subjectOf(change), changeTags(change), now);
		this.#arm();
		const lost = changes.filter(losesAll);
		const taken = changes.filter((change) => !losesAll(change));
		return { also: lost.map(keptTagOf), keeping: this.#parts.kept.keep(tagsOf(taken), tagsOf(lost)) };
	}

	repeating(tags: readonly Tag[]): void {
		const now = this.#parts.clock.now();
		if (!this.#debounce.again(tags, now)) this.#debounce.add(tags.join('\n'), tags, now);
		this.#arm();
	}

	purging(): Tag[] {
		return [keptTag()];
	}

	/** Makes again what is due. Settles once that is done; never rejects. */
	refreshDue(): Promise<void> {
		const due = this.#debounce.take(this.#parts.clock.now());
		if (due.size > 0) {
			this.#last = this.#last
				.then(() => this.#refresh(due))
				.catch((error: unknown) => {
					const reason = error instanceof Error ? error.message : 'an unknown error';
					this.#parts.logger.warn(`AI cache: nothing was made again after a change of content (${reason})`);
				});
		}
		this.#arm();
		return this.#last;
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#leaving.abort();
		this.#parts.kept.stop();
	}

	#arm(): void {
		clearTimeout(this.#timer);
		const { next } = this.#debounce;
		if (next === null || this.#leaving.signal.aborted) return;
		this.#timer = setTimeout(() => void this.refreshDue(), Math.max(0, next - this.#parts.clock.now()));
		this.#timer.unref();
	}

	async #refresh(changed: ReadonlySet<Tag>): Promise<void> {
		const { recorder, values } = this.#parts;
		// What was asked and spent up to now has to be known to the store.
		await recorder.flush();
		const chosen = chooseRefreshes(await this.#candidates(), changed, {
			minimum: values.AI_CACHE_REFRESH_MIN_REQUESTS,
			maximum: values.AI_CACHE_REFRESH_MAX,
		});
		if (chosen.length === 0) return;
		let left = values.AI_CACHE_REFRESH_BUDGET - (await this.#spentToday());
		const tallies = new Map<string, RefreshTally>();
		await eachBounded(chosen, values.AI_CACHE_WARM_CONCURRENCY, async (one) => {
			if (this.#leaving.signal.aborted) return;
			const { collection } = one.record;
			const tally = tallies.get(collection ?? '') ?? emptyTally(collection);
			tallies.set(collection ?? '', tally);
			if (left > 0) left -= await this.#make(one, tally);
			else tally.overBudget++;
		});
		await recorder.flush();
		for (const tally of tallies.values()) await this.#note(tally);
	}

	async #candidates(): Promise<Candidate[]> {
		const { store, reviver, values } = this.#parts;
		const requested = await store.topRequested(LOOK_THROUGH);
		return requested.flatMap(({ count, record }): Candidate[] => {
			const one = reviver.recall(record);
			if (!one) return [];
			// A text that was written elsewhere holds the old content: nobody is known to ask for it again.
			const wanted = one.record.item !== null && refreshes(one.record.collection, values);
			return [{ ...one, requested: Math.round(count), tags: one.exchange.tags, wanted }];
		});
	}

	/** Answers what it cost. */
	async #make(one: Candidate, tally: RefreshTally): Promise<number> {
		const exchange = await this.#parts.reviver.renew(one);
		if (exchange === null) {
			tally.refused++;
			return 0;
		}
		if (this.#parts.pricing.outputPrice(exchange.provider, exchange.model) === null) {
			tally.unpriced++;
			return 0;
		}
		try {
			const { signal } = this.#leaving;
			const answer = await this.#parts.asker.ask(exchange, { signal, wantsLive: false, background: true });
			const { entry, notStored } = await answer.outcome;
			if (answer.status === 'HIT' || answer.status === 'COALESCED') return 0;
			const { usd } = entry.meta;
			const made = notStored === null;
			this.#parts.recorder.count(exchange, { refreshed: made ? 1 : 0, refreshed_usd: usd });
			tally.usd += usd;
			if (made) {
				tally.made++;
				tally.items.add(exchange.item ?? '');
			} else tally.failed++;
			return usd;
		} catch {
			tally.failed++;
			return 0;
		}
	}

	/** By all processes, since midnight UTC. */
	async #spentToday(): Promise<number> {
		const { store, clock } = this.#parts;
		const now = clock.now();
		const buckets = await store.readStats('day', bucketStart('day', now), now + 1);
		return buckets.flatMap(({ rows }) => rows).reduce((sum, { deltas }) => sum + (deltas['refreshed_usd'] ?? 0), 0);
	}

	async #note(tally: RefreshTally): Promise<void> {
		const detail = describeTally(tally, this.#parts.values.AI_CACHE_REFRESH_BUDGET);
		if (detail === null) return;
		const row: JournalRow = {
			id: newId(),
			at: new Date(this.#parts.clock.now()).toISOString(),
			cause: 'refresh',
			event: null,
			user: null,
			criteria: {
				...(tally.collection !== null && { collection: tally.collection }),
				...(tally.items.size > 0 && { items: [...tally.items].slice(0, MAX_JOURNAL_ITEMS) }),
			},
			entries: tally.made,
			note: writeNote([detail]),
			details: [detail],
		};
		await this.#parts.store.appendJournal(row).catch(() => {});
	}
}

const tagsOf = (changes: readonly ContentChange[]): Set<Tag> => new Set(changes.flatMap(changeTags));

/** Saves of one item follow each other; a change of several counts as one of their collection. */
function subjectOf(change: ContentChange): string {
	const items = 'items' in change ? change.items : [];
	return items.length === 1 ? `${change.collection}/${items[0]}` : change.collection;
}

/** After these, not even who takes an answer that is out of date gets it. */
const losesAll = (change: ContentChange): boolean =>
	change.kind === 'delete' || change.kind === 'schema' || changesCallers(change);

const keptTagOf = (change: ContentChange): Tag =>
	changesCallers(change) ? keptTag() : keptCollectionTag(change.collection);
