import { InvalidTemplateError } from './errors.ts';

/** Limit for the text and tags of one call: 64 MB, however many requests, items and fields it multiplies. */
export const MAX_CALL_BYTES = 64_000_000;
/** Cost of one tag: it is created, looked up and stored with each answer. */
export const TAG_BYTES = 100;

/** Limits the work that one call can cause. All elements of a batch and all their items spend from the same budget. */
export class WorkBudget {
	#left: number;

	constructor(bytes = MAX_CALL_BYTES) {
		this.#left = bytes;
	}

	/** Call before doing the work. Throws a 400 that names `field` if the call exceeds its budget. */
	spend(bytes: number, field: string): void {
		this.#left -= bytes;
		if (this.#left >= 0) return;
		throw new InvalidTemplateError({
			reason: `The call exceeds ${MAX_CALL_BYTES} bytes of text and tags at "${field}": split it`,
			field,
		});
	}
}

/** Text rendered in one turn of the event loop: some tens of milliseconds of work. */
const TURN_BYTES = 1_000_000;
let queue: Promise<void> = Promise.resolve();
let spentInTurn = 0;

/**
 * Resolves when the current turn of the event loop has room for this much text, counted over all callers. Directus
 * serves other requests between the turns.
 */
export function waitForTurn(bytes: number): Promise<void> {
	queue = queue.then(async () => {
		if (spentInTurn > 0 && spentInTurn + bytes > TURN_BYTES) await new Promise((resolve) => setImmediate(resolve));
		if (spentInTurn === 0) setImmediate(() => (spentInTurn = 0));
		spentInTurn += bytes;
	});
	return queue;
}
