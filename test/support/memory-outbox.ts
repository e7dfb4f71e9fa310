import { type Clock, systemClock } from '../../src/cache/clock.ts';
import { allTag } from '../../src/cache/tags/tags.ts';
import type { Outbox, PendingRecord, PendingWork } from '../../src/stores/decorators/outbox.ts';

/** Above this many, one invalidation of everything takes their place. */
const MAX_PENDING = 10_000;

/** Kept in this process alone. */
export class MemoryOutbox implements Outbox {
	readonly #clock: Clock;
	#records: PendingRecord[] = [];
	#numbers = 0;

	constructor(clock: Clock = systemClock) {
		this.#clock = clock;
	}

	add(work: PendingWork): Promise<string> {
		if (this.#records.length >= MAX_PENDING && work.kind !== 'model') this.#collapse();
		const record = this.#recordOf(work);
		this.#records.push(record);
		return Promise.resolve(record.id);
	}

	unwritten(): PendingRecord[] {
		return [...this.#records];
	}

	pending(): Promise<PendingRecord[]> {
		return Promise.resolve([...this.#records]);
	}

	remove(ids: readonly string[]): Promise<number> {
		const gone = new Set(ids);
		const before = this.#records.length;
		this.#records = this.#records.filter(({ id }) => !gone.has(id));
		return Promise.resolve(before - this.#records.length);
	}

	#collapse(): void {
		const models = this.#records.filter(({ work }) => work.kind === 'model');
		this.#records = [...models, this.#recordOf({ kind: 'tags', tags: [allTag()] })];
	}

	#recordOf(work: PendingWork): PendingRecord {
		return { id: String(++this.#numbers), created: new Date(this.#clock.now()).toISOString(), work };
	}
}
