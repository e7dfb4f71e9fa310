import { LRUCache } from 'lru-cache';
import type { Entry } from '../../cache/entry.ts';

/** The slot itself. */
const SLOT_BYTES = 200;

/**
 * What was written out of entries that stand in this process's memory, of one or of several together, in one form or
 * several. An entry that takes another's place is another object, so that nothing of the former is found for it; one that
 * its store dropped is not kept for the sake of what was written.
 */
export class ReadyAnswers<Value> {
	readonly #ids = new WeakMap<Entry, number>();
	readonly #values: LRUCache<string, Value & {}>;
	#lastId = 0;

	constructor(maxBytes: number, bytesOf: (value: Value) => number) {
		this.#values = new LRUCache({
			maxSize: maxBytes,
			sizeCalculation: (value, name) => bytesOf(value) + name.length + SLOT_BYTES,
		});
	}

	find(entries: readonly Entry[], form = ''): Value | undefined {
		let name = '';
		for (const entry of entries) {
			const id = this.#ids.get(entry);
			if (id === undefined) return undefined;
			name += `${id} `;
		}
		return this.#values.get(name + form);
	}

	keep(entries: readonly Entry[], value: Value & {}, form = ''): void {
		let name = '';
		for (const entry of entries) name += `${this.#idOf(entry)} `;
		this.#values.set(name + form, value);
	}

	/** What is kept, made where nothing is. */
	async get(entries: readonly Entry[], form: string, make: () => Promise<Value & {}>): Promise<Value> {
		const known = this.find(entries, form);
		if (known !== undefined) return known;
		const made = await make();
		this.keep(entries, made, form);
		return made;
	}

	#idOf(entry: Entry): number {
		let id = this.#ids.get(entry);
		if (id === undefined) this.#ids.set(entry, (id = ++this.#lastId));
		return id;
	}
}
