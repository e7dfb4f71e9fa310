/** The change of a figure since the previous period. `share` is null if the previous figure was 0. */
export interface Change {
	direction: 'up' | 'down' | 'same';
	share: number | null;
	difference: number;
}

export function computeChange(current: number, previous: number): Change {
	const difference = current - previous;
	const direction = difference === 0 ? 'same' : difference > 0 ? 'up' : 'down';
	return { direction, share: previous === 0 ? null : difference / previous, difference };
}
