/** Wakes whoever waits, again and again. */
export class Bell {
	#wake: () => void = () => {};
	#rung = this.#next();

	/** Settles when it rings next. */
	wait(): Promise<void> {
		return this.#rung;
	}

	ring(): void {
		const wake = this.#wake;
		this.#rung = this.#next();
		wake();
	}

	#next(): Promise<void> {
		return new Promise((resolve) => (this.#wake = resolve));
	}
}
