/** Those of this process who wait for a generation that another process does. */
export class Waiters {
	readonly #waiting = new Map<string, Set<() => void>>();

	/** Settles when the key is woken, or after `timeoutMs`. `timeLeft` says how long it can take at most, where known. */
	wait(key: string, timeoutMs: number, timeLeft: Promise<number | null>): Promise<void> {
		return new Promise((resolve) => {
			const wakers = this.#waiting.get(key) ?? new Set();
			let timer: NodeJS.Timeout;
			const wake = (): void => {
				clearTimeout(timer);
				wakers.delete(wake);
				if (wakers.size === 0 && this.#waiting.get(key) === wakers) this.#waiting.delete(key);
				resolve();
			};
			timer = setTimeout(wake, timeoutMs);
			this.#waiting.set(key, wakers.add(wake));
			void timeLeft.then((left) => {
				if (left === null || left >= timeoutMs || !wakers.has(wake)) return;
				clearTimeout(timer);
				timer = setTimeout(wake, left);
			});
		});
	}

	wake(key: string): void {
		for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
	}

	wakeAll(): void {
		for (const key of [...this.#waiting.keys()]) this.wake(key);
	}
}
