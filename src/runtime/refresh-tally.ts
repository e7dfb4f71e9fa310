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

/** A sentence for the journal, or null where there is nothing to say: all was there already. `budget` in USD. */
export function noteOf(tally: RefreshTally, budget: number): string | null {
	const { made, usd, overBudget, refused, failed, unpriced } = tally;
	const parts = [
		...(made > 0 || usd > 0 ? [`Made ${answers(made)} again for ${money(usd)} USD`] : []),
		...(overBudget > 0 ? [`left ${answers(overBudget)}, as the day’s budget of ${money(budget)} USD is spent`] : []),
		...(unpriced > 0 ? [`left ${answers(unpriced)} of models whose price AI_CACHE_PRICES does not name`] : []),
		...(refused > 0 ? [`left ${answers(refused)} that may not be asked for as before`] : []),
		...(failed > 0 ? [`${failed} failed`] : []),
	];
	const text = parts.join('; ');
	return text === '' ? null : text[0]!.toUpperCase() + text.slice(1);
}

const answers = (count: number): string => `${count} ${count === 1 ? 'answer' : 'answers'}`;
const money = (usd: number): string => String(Number(usd.toPrecision(3)));
