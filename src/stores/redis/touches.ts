/** How many of them are remembered. */
const REMEMBERED = 1024;

/** Keys whose entry was replaced or removed lately: tells a look-up under way whether what it read may be kept. */
export class Touches {
	readonly #keys: string[] = new Array<string>(REMEMBERED).fill('');
	#count = 0;

	/** To ask `since` with, later. */
	get mark(): number {
		return this.#count;
	}

	add(key: string): void {
		this.#keys[this.#count++ % REMEMBERED] = key;
	}

	/** Whether the key was touched after the mark; true as well where too many others were to know. */
	since(mark: number, key: string): boolean {
		if (this.#count - mark > REMEMBERED) return true;
		for (let at = mark; at < this.#count; at++) if (this.#keys[at % REMEMBERED] === key) return true;
		return false;
	}
}
