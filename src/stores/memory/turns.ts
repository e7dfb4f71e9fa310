/** Items looked at before other work of the process gets its turn: a few milliseconds' worth. */
const ITEMS_PER_TURN = 4000;

/** Visits all items; one go where they are few, else in pieces between which the process does its other work. */
export async function inTurns<Item>(items: Iterable<Item>, visit: (item: Item) => void): Promise<void> {
	let visited = 0;
	for (const item of items) {
		if (++visited % ITEMS_PER_TURN === 0) await new Promise(setImmediate);
		visit(item);
	}
}
