import type { Tag } from '../../../cache/tags/tags.ts';
import type { RedisContext } from '../connection/context.ts';
import { matchingMembers } from './index-query.ts';

const LIFE_MS = 30_000;
const MAX_TOTALS = 32;

/**
 * How many live entries meet several criteria at once: counting them takes time by their number, so it is only done
 * again when something was stored, expired or was dropped, in any process.
 */
export class FilteredTotals {
	readonly #context: RedisContext;
	readonly #totals = new Map<string, { at: number; state: string; total: number }>();

	constructor(context: RedisContext) {
		this.#context = context;
	}

	/** `state` names what the total was found by: the same one means that nothing changed. */
	async of(tagSets: readonly (readonly Tag[])[], state: string): Promise<number> {
		const name = JSON.stringify(tagSets);
		const now = this.#context.clock.now();
		const known = this.#totals.get(name);
		if (known?.state === state && now - known.at <= LIFE_MS) return known.total;
		const total = (await matchingMembers(this.#context, tagSets, now)).size;
		this.#totals.delete(name);
		this.#totals.set(name, { at: now, state, total });
		if (this.#totals.size > MAX_TOTALS) this.#totals.delete(this.#totals.keys().next().value!);
		return total;
	}
}
