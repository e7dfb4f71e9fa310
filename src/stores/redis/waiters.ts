/** Those of this process who wait for a generation that another process does. */
export class Waiters {
	readonly #waiting = new Map<string, Set<() => void>>();

	wait(key: string, timeoutMs: number): Promise<void> {
		return new Promise((resolve) => {
			const wakers = this.#waiting.get(key) ?? new Set();
			const wake = (): void => {
				clearTimeout(timer);
				wakers.delete(wake);
				if (wakers.size === 0) this.#waiting.delete(key);
				resolve();
			};
			const timer = setTimeout(wake, timeoutMs);
			this.#waiting.set(key, wakers.add(wake));
		});
	}

	wake(key: string): void {
		for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
	}

	close(): void {
		for (const key of [...this.#waiting.keys()]) this.wake(key);
	}
}
