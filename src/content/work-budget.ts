import { InvalidTemplateError } from './errors.ts';

/** What one call may come to in all, however many requests, items, fields and tags it multiplies: 64 MB of text. */
export const MAX_CALL_BYTES = 64_000_000;
/** A tag's share of that: it is made, looked up and stored with each answer. */
export const TAG_BYTES = 100;

/** Limits the work that one call can cause. All elements of a batch and all their items spend from the same budget. */
export class WorkBudget {
	#left: number;

	constructor(bytes = MAX_CALL_BYTES) {
		this.#left = bytes;
	}

	/** To be called before the work is done. Throws a 400 that names `field` if the call comes to too much. */
	spend(bytes: number, field: string): void {
		this.#left -= bytes;
		if (this.#left >= 0) return;
		throw new InvalidTemplateError({
			reason: `The call comes to more than ${MAX_CALL_BYTES} bytes of text and tags at "${field}": split it`,
			field,
		});
	}
}

/** Text that is rendered in one turn of the event loop: some tens of milliseconds of work. */
const TURN_BYTES = 1_000_000;
let queue: Promise<void> = Promise.resolve();
let spentInTurn = 0;

/**
 * Resolves when this turn of the event loop has room for so much more text, of all callers together. Directus answers
 * others between the turns.
 */
export function waitForTurn(bytes: number): Promise<void> {
	queue = queue.then(async () => {
		if (spentInTurn > 0 && spentInTurn + bytes > TURN_BYTES) await new Promise((resolve) => setImmediate(resolve));
		if (spentInTurn === 0) setImmediate(() => (spentInTurn = 0));
		spentInTurn += bytes;
	});
	return queue;
}
