import { LRUCache } from 'lru-cache';
import type { Entry } from '../cache/entry.ts';

/** The slot itself. */
const SLOT_BYTES = 200;

/**
 * What was written out of entries that stand in this process's memory, in one form or several. An entry that takes
 * another's place is another object, so that nothing of the former is found for it; one that its store dropped is not
 * kept for the sake of what was written.
 */
export class ReadyAnswers<Value> {
	readonly #ids = new WeakMap<Entry, number>();
	readonly #values: LRUCache<string, Value & {}>;
	#lastId = 0;

	constructor(maxBytes: number, bytesOf: (value: Value) => number) {
		this.#values = new LRUCache({ maxSize: maxBytes, sizeCalculation: (value) => bytesOf(value) + SLOT_BYTES });
	}

	find(entry: Entry, form = ''): Value | undefined {
		const id = this.#ids.get(entry);
		return id === undefined ? undefined : this.#values.get(`${id} ${form}`);
	}

	keep(entry: Entry, value: Value & {}, form = ''): void {
		let id = this.#ids.get(entry);
		if (id === undefined) this.#ids.set(entry, (id = ++this.#lastId));
		this.#values.set(`${id} ${form}`, value);
	}

	/** What is kept, made where nothing is. */
	async get(entry: Entry, form: string, make: () => Promise<Value & {}>): Promise<Value> {
		const known = this.find(entry, form);
		if (known !== undefined) return known;
		const made = await make();
		this.keep(entry, made, form);
		return made;
	}
}
