import { type CarriedOut, type Store } from '../../cache/store.ts';
import { allTag, type Tag } from '../../cache/tags/tags.ts';
import { type HeldFigures, NONE_HELD } from '../../cache/entry.ts';
import type { Outbox, PendingRecord, PendingWork } from './outbox.ts';

/** Tries of one piece of work on a store that works, after which everything is invalidated in its place. */
const MAX_TRIES = 5;

interface Performed {
	tags: readonly Tag[];
	counted: Promise<HeldFigures>;
}

interface Done {
	since: string;
	tags: readonly Tag[];
	invalidations: number;
	entries: Promise<number>;
}

/** Carries out what waits in an outbox. */
export class Settlement {
	readonly #store: Store;
	readonly #outbox: Outbox;
	readonly #onCarriedOut: (carriedOut: CarriedOut) => void;
	#tries = 0;

	/** `onCarriedOut` is told after each run that took anything out of the outbox, once it is counted. */
	constructor(store: Store, outbox: Outbox, onCarriedOut: (carriedOut: CarriedOut) => void = () => {}) {
		this.#store = store;
		this.#outbox = outbox;
		this.#onCarriedOut = onCarriedOut;
	}

	/**
	 * In order, until nothing is left. Rejects with the first failure; what was done by then is out of the outbox. Where
	 * the outbox cannot be read, what this process alone knows of is carried out before it rejects.
	 */
	async run(onPending: (records: number) => void): Promise<void> {
		const done: Done[] = [];
		try {
			await this.#untilEmpty(done, onPending);
		} finally {
			void this.#tell(done);
		}
	}

	async #untilEmpty(done: Done[], onPending: (records: number) => void): Promise<void> {
		// An outbox that fails to forget must not keep this from ending.
		const ids = new Set<string>();
		for (;;) {
			const records = (await this.#pending(done)).filter(({ id }) => !ids.has(id));
			onPending(records.length);
			if (records.length === 0) return;
			await this.#carryOut(records, done);
			for (const { id } of records) ids.add(id);
		}
	}

	async #pending(done: Done[]): Promise<PendingRecord[]> {
		try {
			return await this.#outbox.pending();
		} catch (error) {
			await this.#carryOut(this.#outbox.unwritten(), done);
			throw error;
		}
	}

	async #carryOut(records: readonly PendingRecord[], done: Done[]): Promise<void> {
		for (const { work, since, ids } of merged(records)) {
			const { tags, counted } = await this.#insist(work);
			const removed = await this.#outbox.remove(ids);
			// Nothing is removed where another process was faster, or where its own call succeeded after all.
			if (removed > 0 && work.kind !== 'model')
				done.push({ since, tags, invalidations: removed, entries: entriesOf(counted) });
		}
	}

	async #tell(done: readonly Done[]): Promise<void> {
		if (done.length === 0) return;
		const entries = sum(await Promise.all(done.map((one) => one.entries)));
		const invalidations = sum(done.map((one) => one.invalidations));
		const since = done.map((one) => one.since).sort()[0]!;
		this.#onCarriedOut({ invalidations, since, tags: [...new Set(done.flatMap(({ tags }) => tags))], entries });
	}

	async #insist(work: PendingWork): Promise<Performed> {
		try {
			const performed = await this.#perform(work);
			this.#tries = 0;
			return performed;
		} catch (error) {
			// Work that fails on a store that works must not keep the cache away for ever.
			const hopeless = ++this.#tries >= MAX_TRIES && (await this.#connected());
			if (!hopeless) throw error;
			const performed = await this.#invalidate([allTag()]);
			this.#tries = 0;
			return performed;
		}
	}

	async #perform(work: PendingWork): Promise<Performed> {
		switch (work.kind) {
			case 'tags':
				return this.#invalidate(work.tags);
			case 'matching': {
				const { counted } = await this.#store.invalidateMatching(work.tagSets);
				return { tags: work.tagSets.flat().filter((tag) => tag !== allTag()), counted };
			}
			case 'keys': {
				const figures = await this.#store.removeKeys(work.keys);
				return { tags: [], counted: Promise.resolve(figures) };
			}
			case 'model': {
				const current = (await this.#store.modelStates()).get(`${work.provider}/${work.model}`);
				// Another process may have raised it further meanwhile.
				const raised = current !== undefined && current.version > work.state.version;
				if (!raised) await this.#store.setModelState(work.provider, work.model, work.state);
				return { tags: [], counted: Promise.resolve(NONE_HELD) };
			}
		}
	}

	async #invalidate(tags: readonly Tag[]): Promise<Performed> {
		return { tags, counted: (await this.#store.invalidate(tags)).counted };
	}

	async #connected(): Promise<boolean> {
		try {
			return (await this.#store.health()).connected;
		} catch {
			return false;
		}
	}
}

interface Group {
	work: PendingWork;
	/** When the first of it was kept. */
	since: string;
	ids: string[];
}

/** Neighbouring lists of tags become one. */
function merged(records: readonly PendingRecord[]): Group[] {
	const groups: Group[] = [];
	for (const { id, created, work } of records) {
		const last = groups.at(-1);
		if (work.kind === 'tags' && last?.work.kind === 'tags') {
			last.work = { kind: 'tags', tags: [...new Set([...last.work.tags, ...work.tags])] };
			last.ids.push(id);
		} else groups.push({ work, since: created, ids: [id] });
	}
	return groups;
}

const entriesOf = (counted: Promise<HeldFigures>): Promise<number> =>
	counted.then(
		({ entries }) => entries,
		() => 0,
	);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
