import type { Tag } from '../tags/tags.ts';

interface Waiting {
	tags: Set<Tag>;
	first: number;
	last: number;
}

/** Subjects told apart; what comes while so many wait is put together. */
const MAX_SUBJECTS = 1000;
const REST = '(rest)';

/** Puts changes of one subject together that follow each other. Times in milliseconds; `now` since the epoch. */
export class Debounce {
	readonly #quietMs: number;
	readonly #maxMs: number;
	readonly #waiting = new Map<string, Waiting>();

	/** A subject is due when it was quiet for so long, and at the latest `maxMs` after its first change. */
	constructor(quietMs: number, maxMs: number) {
		this.#quietMs = quietMs;
		this.#maxMs = maxMs;
	}

	add(subject: string, tags: readonly Tag[], now: number): void {
		const name = this.#waiting.has(subject) || this.#waiting.size < MAX_SUBJECTS ? subject : REST;
		const waiting = this.#waiting.get(name) ?? { tags: new Set(), first: now, last: now };
		waiting.last = now;
		for (const tag of tags) waiting.tags.add(tag);
		this.#waiting.set(name, waiting);
	}

	/** The same change once more: whatever waits with one of these tags waits on; false where nothing does. */
	again(tags: readonly Tag[], now: number): boolean {
		const touched = [...this.#waiting.values()].filter((waiting) => tags.some((tag) => waiting.tags.has(tag)));
		for (const waiting of touched) waiting.last = now;
		return touched.length > 0;
	}

	/** When the next is due, null where nothing waits. */
	get next(): number | null {
		const due = [...this.#waiting.values()].map((waiting) => this.#dueAt(waiting));
		return due.length === 0 ? null : Math.min(...due);
	}

	/** Takes out what is due: all its tags. */
	take(now: number): Set<Tag> {
		const due = new Set<Tag>();
		for (const [subject, waiting] of this.#waiting) {
			if (this.#dueAt(waiting) > now) continue;
			this.#waiting.delete(subject);
			for (const tag of waiting.tags) due.add(tag);
		}
		return due;
	}

	#dueAt({ first, last }: Waiting): number {
		return Math.min(last + this.#quietMs, first + this.#maxMs);
	}
}
