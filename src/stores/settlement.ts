import { allTag } from '../cache/dependencies.ts';
import type { Store } from '../cache/store.ts';
import type { Outbox, PendingRecord, PendingWork } from './outbox.ts';

/** Tries of one piece of work on a store that works, after which everything is invalidated in its place. */
const MAX_TRIES = 5;

/** Carries out what waits in an outbox. */
export class Settlement {
	readonly #store: Store;
	readonly #outbox: Outbox;
	#tries = 0;

	constructor(store: Store, outbox: Outbox) {
		this.#store = store;
		this.#outbox = outbox;
	}

	/**
	 * In order, until nothing is left. Rejects with the first failure; what was done by then is out of the outbox. Where
	 * the outbox cannot be read, what this process alone knows of is carried out before it rejects.
	 */
	async run(onPending: (records: number) => void): Promise<void> {
		// An outbox that fails to forget must not keep this from ending.
		const done = new Set<string>();
		for (;;) {
			const records = (await this.#pending()).filter(({ id }) => !done.has(id));
			onPending(records.length);
			if (records.length === 0) return;
			await this.#carryOut(records, done);
		}
	}

	async #pending(): Promise<PendingRecord[]> {
		try {
			return await this.#outbox.pending();
		} catch (error) {
			await this.#carryOut(this.#outbox.unwritten(), new Set());
			throw error;
		}
	}

	async #carryOut(records: readonly PendingRecord[], done: Set<string>): Promise<void> {
		for (const { work, ids } of merged(records)) {
			await this.#insist(work);
			for (const id of ids) done.add(id);
			await this.#outbox.remove(ids);
		}
	}

	async #insist(work: PendingWork): Promise<void> {
		try {
			await this.#perform(work);
		} catch (error) {
			// Work that fails on a store that works must not keep the cache away for ever.
			const hopeless = ++this.#tries >= MAX_TRIES && (await this.#connected());
			if (!hopeless) throw error;
			await this.#store.invalidate([allTag()]);
		}
		this.#tries = 0;
	}

	async #perform(work: PendingWork): Promise<void> {
		switch (work.kind) {
			case 'tags':
				await this.#store.invalidate(work.tags);
				return;
			case 'matching':
				await this.#store.invalidateMatching(work.tagSets);
				return;
			case 'keys':
				await this.#store.removeKeys(work.keys);
				return;
			case 'model': {
				const current = (await this.#store.modelStates()).get(`${work.provider}/${work.model}`);
				// Another process may have raised it further meanwhile.
				if (current && current.version > work.state.version) return;
				await this.#store.setModelState(work.provider, work.model, work.state);
			}
		}
	}

	async #connected(): Promise<boolean> {
		try {
			return (await this.#store.health()).connected;
		} catch {
			return false;
		}
	}
}

/** Neighbouring lists of tags become one. */
function merged(records: readonly PendingRecord[]): { work: PendingWork; ids: string[] }[] {
	const groups: { work: PendingWork; ids: string[] }[] = [];
	for (const { id, work } of records) {
		const last = groups.at(-1);
		if (work.kind === 'tags' && last?.work.kind === 'tags') {
			last.work = { kind: 'tags', tags: [...new Set([...last.work.tags, ...work.tags])] };
			last.ids.push(id);
		} else groups.push({ work, ids: [id] });
	}
	return groups;
}
