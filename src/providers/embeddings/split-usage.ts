/**
 * Splits a whole number into whole shares by weight (largest remainder). The shares always add up to the total. They
 * are equal if no weight is above 0.
 */
export function shareOut(total: number, weights: readonly number[]): number[] {
	const sum = weights.reduce((all, weight) => all + weight, 0);
	const exact = weights.map((weight) => (sum > 0 ? (total * weight) / sum : total / weights.length));
	const shares = exact.map(Math.floor);
	const byRemainder = exact
		.map((value, index) => ({ index, remainder: value - Math.floor(value) }))
		.sort((one, other) => other.remainder - one.remainder || one.index - other.index);
	let left = total - shares.reduce((all, share) => all + share, 0);
	for (const { index } of byRemainder) {
		if (left <= 0) break;
		shares[index] = (shares[index] ?? 0) + 1;
		left--;
	}
	return shares;
}
