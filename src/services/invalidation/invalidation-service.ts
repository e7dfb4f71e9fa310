import type {
	InvalidationCause,
	InvalidationCriteria,
	InvalidationResult,
	JournalDetail,
	JournalRow,
	Provider,
} from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import {
	CALLERS_TAG,
	changeTags,
	type ContentChange,
	criteriaTagSets,
	editTagSets,
	purgeTags,
	type Tag,
} from '../../cache/tags/tags.ts';
import { type HeldFigures, NONE_HELD } from '../../cache/entry.ts';
import { newId } from '../../cache/ids.ts';
import type { Models } from '../../cache/model-versions.ts';
import type { Invalidation, Store } from '../../cache/store.ts';
import { changesCallers } from '../access/caller.ts';
import { writeNote } from './journal-note.ts';
import type { Keeping } from './stale-answer-service.ts';

export interface Author {
	cause: InvalidationCause;
	event?: string;
	user?: string | null;
	details?: readonly JournalDetail[];
}

/** Is told of changes of the content, and of purges, just before they are carried out. */
export interface ChangeWatcher {
	/** `also`: tags to take away after theirs; `keeping`: what the change, and then its acknowledgement, waits for. */
	changing(changes: readonly ContentChange[]): { also: readonly Tag[]; keeping: Keeping | null };
	/** What was changed is invalidated once more, now that it is committed. */
	repeating(tags: readonly Tag[]): void;
	/** Tags that go after every purge. */
	purging(): readonly Tag[];
}

/** Purges, and what a change of the content takes away; each with its row in the journal. */
export class Invalidator {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #callersChanged: () => void;
	readonly #watcher: ChangeWatcher | null;
	readonly #pending = new Set<Promise<unknown>>();

	/** `callersChanged` is called at once when who may do what changed in this process. */
	constructor(store: Store, clock: Clock, callersChanged: () => void = () => {}, watcher: ChangeWatcher | null = null) {
		this.#watcher = watcher;
		this.#store = store;
		this.#clock = clock;
		this.#callersChanged = callersChanged;
	}

	/**
	 * Settles once nothing that the criteria cover is answered any more. Where the store goes away while it counts, the
	 * figures are nought: the purge itself is in force.
	 */
	async purge(criteria: InvalidationCriteria, author: Author): Promise<InvalidationResult> {
		const { counted, widened } = await this.#drop(criteria);
		const figures = await counted.catch(() => NONE_HELD);
		const details = [...(author.details ?? []), ...(widened ? [{ kind: 'widened' } as const] : [])];
		await this.#note(criteria, { ...author, details }, figures);
		return { ...figures, dry_run: false };
	}

	/** Drops single entries, noted as one row. */
	async removeKeys(keys: readonly string[], author: Author): Promise<InvalidationResult> {
		const figures = await this.#store.removeKeys(keys);
		await this.#purging();
		const [key] = keys;
		const details = keys.length > 1 ? [{ kind: 'selection', entries: keys.length } as const] : [];
		const criteria = keys.length === 1 && key !== undefined ? { key } : {};
		await this.#note(criteria, { ...author, details }, figures);
		return { ...figures, dry_run: false };
	}

	/** What the same purge would drop, or an update of the items that it names. */
	async measure(criteria: InvalidationCriteria, edit = false): Promise<InvalidationResult> {
		if (criteria.key === undefined) {
			const sets = edit ? editTagSets(criteria) : criteriaTagSets(criteria);
			return { ...(await this.#store.measure(sets)), dry_run: true };
		}
		const found = await this.#readMatching(criteria.key, criteria);
		const figures = found ? { entries: 1, usd: found.entry.meta.usd, hits: found.hits, bytes: found.size } : NONE_HELD;
		return { ...figures, dry_run: true };
	}

	/**
	 * Takes away what the changes touch. Settles once no later look-up gets it; counting and noting follow. `onTags` is
	 * told the tags at once, for `repeat`: all of them, and those that are not of new items alone. What was made from a
	 * committed item by a Flow that its creation triggers is to last.
	 */
	async changed(
		changes: readonly ContentChange[],
		author: Author,
		onTags: (tags: readonly Tag[], ofOthers: readonly Tag[]) => void = () => {},
	): Promise<void> {
		const tags = [...new Set(changes.flatMap(changeTags))];
		if (changes.some(changesCallers)) {
			tags.push(CALLERS_TAG);
			this.#callersChanged();
		}
		if (tags.length === 0) return;
		onTags(tags, withoutNewItems(changes, tags));
		const { also = [], keeping = null } = this.#watcher?.changing(changes) ?? {};
		const invalidate = async (): Promise<Invalidation> => {
			const invalidation = await this.#store.invalidate(tags);
			if (also.length > 0) await this.#store.invalidate(also);
			return invalidation;
		};
		const work = keeping === null ? invalidate() : keeping.read.then(invalidate);
		this.#track(work);
		if (keeping) this.#track(keeping.kept);
		const { counted } = await work;
		this.#count(counted, changes, author).catch(() => {});
	}

	/**
	 * Invalidates once more what a request has. Directus fires the events of batches, upserts and imports before it commits
	 * them, so that an answer made in between may have been made from the old content.
	 */
	async repeat(tags: readonly Tag[]): Promise<void> {
		this.#watcher?.repeating(tags);
		await Promise.all([this.#store.invalidate(tags), this.settled()]);
	}

	/** Settles once every invalidation that has begun is in force; at once where there is none. */
	settled(): Promise<unknown> | null {
		return this.#pending.size === 0 ? null : Promise.allSettled([...this.#pending]);
	}

	/** Raises the model's cache version and gives its entries up. */
	async raiseVersion(models: Models, provider: Provider, model: string, author: Author): Promise<number> {
		const version = await models.raise(provider, model);
		const { counted } = await this.#drop({ provider, model });
		await this.#note({ provider, model }, author, await counted.catch(() => NONE_HELD));
		return version;
	}

	/** A row that drops nothing: something that an admin should know. */
	async note(criteria: InvalidationCriteria, author: Author): Promise<void> {
		await this.#note(criteria, author, NONE_HELD);
	}

	/** Comes after the purge itself: until that is in force, what it takes away may still be kept elsewhere. */
	async #purging(): Promise<void> {
		const tags = this.#watcher?.purging() ?? [];
		if (tags.length > 0) await this.#store.invalidate(tags);
	}

	async #drop(criteria: InvalidationCriteria): Promise<Invalidation> {
		const invalidation = await this.#dropMatching(criteria);
		await this.#purging();
		return invalidation;
	}

	async #dropMatching(criteria: InvalidationCriteria): Promise<Invalidation> {
		if (criteria.key !== undefined) return this.#dropKey(criteria.key, criteria);
		const tags = purgeTags(criteria);
		return tags ? this.#store.invalidate(tags) : this.#store.invalidateMatching(criteriaTagSets(criteria));
	}

	async #dropKey(key: string, criteria: InvalidationCriteria): Promise<Invalidation> {
		const { key: _, ...others } = criteria;
		const alone = Object.keys(others).length === 0;
		const matches = alone || (await this.#readMatching(key, criteria)) !== undefined;
		const figures = matches ? await this.#store.removeKeys([key]) : NONE_HELD;
		return { counted: Promise.resolve(figures) };
	}

	async #readMatching(key: string, criteria: InvalidationCriteria) {
		const found = await this.#store.read(key);
		if (!found || found.entry.meta.expires <= this.#clock.now()) return undefined;
		const { key: _, all: __, ...others } = criteria;
		if (Object.keys(others).length === 0) return found;
		const { tags } = found.entry.meta;
		return criteriaTagSets(others).every((set) => set.some((tag) => tags.includes(tag))) ? found : undefined;
	}

	async #count(counted: Promise<HeldFigures>, changes: readonly ContentChange[], author: Author): Promise<void> {
		const figures = await counted;
		if (figures.entries > 0) await this.#note(criteriaOf(changes), author, figures);
	}

	async #note(criteria: InvalidationCriteria, author: Author, { entries }: HeldFigures): Promise<void> {
		const details = [...(author.details ?? [])];
		const row: JournalRow = {
			id: newId(),
			at: new Date(this.#clock.now()).toISOString(),
			cause: author.cause,
			event: author.event ?? null,
			user: author.user ?? null,
			criteria,
			entries,
			note: writeNote(details),
			...(details.length > 0 && { details }),
		};
		await this.#store.appendJournal(row).catch(() => {});
	}

	#track(work: Promise<unknown>): void {
		this.#pending.add(work);
		const done = (): void => void this.#pending.delete(work);
		work.then(done, done);
	}
}

const MAX_JOURNAL_ITEMS = 50;

/** What to show in the journal for a change: the first names the collection. */
function criteriaOf(changes: readonly ContentChange[]): InvalidationCriteria {
	const [first] = changes;
	if (!first) return {};
	const items = 'items' in first ? first.items.slice(0, MAX_JOURNAL_ITEMS) : [];
	const fields = 'fields' in first ? [...first.fields] : [];
	return {
		collection: first.collection,
		...(items.length > 0 && { items }),
		...(fields.length > 0 && { fields }),
	};
}

/** The tags that are not of newly created items and of nothing else. */
function withoutNewItems(changes: readonly ContentChange[], tags: readonly Tag[]): readonly Tag[] {
	if (changes.every(({ kind }) => kind !== 'create')) return tags;
	const ofOthers = new Set(
		changes.flatMap((change) => changeTags(change.kind === 'create' ? { ...change, items: [] } : change)),
	);
	const ofNewItems = changes.flatMap((change) => (change.kind === 'create' ? changeTags(change) : []));
	const alone = new Set(ofNewItems.filter((tag) => !ofOthers.has(tag)));
	return tags.filter((tag) => !alone.has(tag));
}
