/** Milliseconds between beats. */
export const HEARTBEAT_MS = 60;
/** The same while nobody wants them: often enough to notice a dead connection. */
const RESTING_MS = 2000;
/** As long as the lane remembers a caller: who comes later goes the normal way once in any case. */
export const REST_AFTER_MS = 10_000;

/** Beats while somebody wants to know what they prove, and hardly ever while nobody does: each takes a round trip. */
export class Heartbeat {
	readonly #beat: () => void;
	readonly #restAfterMs: number;
	#wanted = true;
	#wantedAt = performance.now();
	#resting = false;
	#timer: NodeJS.Timeout | undefined;
	#stopped = false;

	/** `restAfterMs`: milliseconds without a call of `want`. */
	constructor(beat: () => void, restAfterMs: number) {
		this.#beat = beat;
		this.#restAfterMs = restAfterMs;
	}

	get resting(): boolean {
		return this.#resting;
	}

	start(): void {
		this.#arm();
	}

	/** Beats at once where it rested. Cheap: called with each hit. */
	want(): void {
		this.#wanted = true;
		if (this.#resting) this.#tick();
	}

	stop(): void {
		this.#stopped = true;
		this.#resting = false;
		clearTimeout(this.#timer);
	}

	#tick(): void {
		const now = performance.now();
		if (this.#wanted) this.#wantedAt = now;
		this.#wanted = false;
		this.#resting = now - this.#wantedAt > this.#restAfterMs;
		this.#arm();
		this.#beat();
	}

	#arm(): void {
		clearTimeout(this.#timer);
		if (this.#stopped) return;
		this.#timer = setTimeout(() => this.#tick(), this.#resting ? RESTING_MS : HEARTBEAT_MS);
		this.#timer.unref();
	}
}
