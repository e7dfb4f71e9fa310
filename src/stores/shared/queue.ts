/** What can stand in a `Queue`; the links are the queue's own. */
export interface Queued<Item> {
	previous: Item | undefined;
	next: Item | undefined;
}

/** Doubly linked: a `Map` leaves holes behind that its iterator must step over to find the oldest. */
export class Queue<Item extends Queued<Item>> {
	head: Item | undefined;
	#tail: Item | undefined;

	append(item: Item): void {
		item.previous = this.#tail;
		item.next = undefined;
		if (this.#tail) this.#tail.next = item;
		else this.head = item;
		this.#tail = item;
	}

	remove(item: Item): void {
		if (item.previous) item.previous.next = item.next;
		else this.head = item.next;
		if (item.next) item.next.previous = item.previous;
		else this.#tail = item.previous;
		item.previous = undefined;
		item.next = undefined;
	}
}
