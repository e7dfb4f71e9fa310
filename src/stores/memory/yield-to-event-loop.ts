/** Items looked at before other work of the process gets its turn: a few milliseconds' worth. */
const ITEMS_PER_TURN = 4000;

/**
 * Visits all items; one go where they are few, else in pieces between which the process does its other work. No item
 * waits for its visit: one that leaves during a pause is not visited.
 */
export async function inTurns<Item>(
	items: Iterable<Item>,
	visit: (item: Item) => void,
	perTurn = ITEMS_PER_TURN,
): Promise<void> {
	let visited = 0;
	for (const item of items) {
		visit(item);
		if (++visited % perTurn === 0) await nextTurn();
	}
}

/** After whatever else the process has to do at the moment. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
