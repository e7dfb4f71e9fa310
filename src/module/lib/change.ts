/** How a figure moved against the period before; `null` share where the one before was 0. */
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
