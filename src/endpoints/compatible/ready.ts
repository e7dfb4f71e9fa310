import { LRUCache } from 'lru-cache';
import type { Entry } from '../../cache/entry.ts';

/** Bytes of written-out hits that are kept ready. */
const MAX_BYTES = 32 * 2 ** 20;

/**
 * What was written out of entries that stand in this process's memory: their bytes unpacked, their streams. An entry
 * that takes another's place is another object, so that nothing of the former is found for it.
 */
export class ReadyHits {
	readonly #ids = new WeakMap<Entry, number>();
	readonly #bytes = new LRUCache<string, Buffer>({ maxSize: MAX_BYTES, sizeCalculation: ({ length }) => length + 200 });
	#lastId = 0;

	/** The entry's bytes in that form, made where they are not at hand. */
	async get(entry: Entry, form: string, make: () => Promise<Buffer>): Promise<Buffer> {
		const name = `${this.#idOf(entry)} ${form}`;
		const known = this.#bytes.get(name);
		if (known !== undefined) return known;
		const made = await make();
		this.#bytes.set(name, made);
		return made;
	}

	#idOf(entry: Entry): number {
		let id = this.#ids.get(entry);
		if (id === undefined) this.#ids.set(entry, (id = ++this.#lastId));
		return id;
	}
}
