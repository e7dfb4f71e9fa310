import type { JournalDetail } from '../../shared/api-types.ts';

/** What became of the answers of one collection that a change took. */
export interface RefreshTally {
	collection: string | null;
	items: Set<string>;
	made: number;
	usd: number;
	/** Left until somebody asks: the day's budget was spent. */
	overBudget: number;
	/** Whoever asked for them may not any more. */
	refused: number;
	failed: number;
	/** Left, as the price of their model is not known and so no budget can be kept. */
	unpriced: number;
}

export const emptyTally = (collection: string | null): RefreshTally => ({
	collection,
	items: new Set(),
	made: 0,
	usd: 0,
	overBudget: 0,
	refused: 0,
	failed: 0,
	unpriced: 0,
});

/** What the journal says of it, or null if there is nothing to say: all was there already. `budget` in USD. */
export function describeTally(tally: RefreshTally, budget: number): JournalDetail | null {
	const { made, usd, overBudget, refused, failed, unpriced } = tally;
	if (made + usd + overBudget + refused + failed + unpriced === 0) return null;
	return {
		kind: 'refresh',
		generated: made,
		usd,
		over_budget: overBudget,
		budget_usd: budget,
		unpriced,
		refused,
		failed,
	};
}
