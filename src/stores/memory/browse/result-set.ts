import type { EntryQuery } from '../../../cache/entry.ts';
import { type Held, stateOf } from '../entry-slot.ts';
import { Ordered } from './sorted-list.ts';
import { inTurns } from '../yield-to-event-loop.ts';

type Sort = EntryQuery['sort'];

const VALUES: Readonly<Record<Sort, (held: Held) => number>> = {
	created: (held) => held.created,
	expires: (held) => held.expires,
	hits: (held) => held.hits,
	size: (held) => held.bytes.length,
};

/** Entries put into an order before other work gets its turn: about three milliseconds' worth, with a search or without. */
const PER_TURN = { plain: 2000, searched: 800 } as const;

/** What narrows the entries. */
export interface Filter {
	/** At least all entries that meet it. */
	candidates: () => Iterable<Held>;
	meets: (held: Held) => boolean;
	/** Whether each entry has to be decoded for that. */
	searches: boolean;
}

interface Order {
	readonly ordered: Ordered;
	/** Settles once all that was there when it was asked for is in it. */
	readonly filled: Promise<void>;
}

/** The live entries that meet one filter, in each order that was asked for, kept current by whoever holds it. */
export class Selection {
	readonly #filter: Filter;
	readonly #now: () => number;
	readonly #orders = new Map<Sort, Order>();
	/** Tells which are in, and which have expired. */
	readonly #members: Order;

	constructor(filter: Filter, now: () => number) {
		this.#filter = filter;
		this.#now = now;
		this.#members = this.#begin('expires', filter.meets, filter.searches ? PER_TURN.searched : PER_TURN.plain);
	}

	/** Live entries; those of a purge may be among them until they are swept. */
	get size(): number {
		return this.#members.ordered.size;
	}

	/** Entries are in it by hits: take them out before these change, where it was asked for. */
	get byHits(): Ordered | undefined {
		return this.#orders.get('hits')?.ordered;
	}

	/** The order by that value, without what has expired. */
	async by(sort: Sort): Promise<Ordered> {
		await this.#members.filled;
		const order = this.#orders.get(sort) ?? this.#begin(sort, (held) => this.#members.ordered.has(held));
		await order.filled;
		await inTurns(this.#expired(), (held) => this.delete(held), PER_TURN.plain);
		return order.ordered;
	}

	add(held: Held): void {
		if (!this.#filter.meets(held)) return;
		for (const { ordered } of this.#orders.values()) ordered.add(held);
	}

	delete(held: Held): void {
		for (const { ordered } of this.#orders.values()) ordered.delete(held);
	}

	/** What comes or goes while it is filled is added or deleted as at any other time. */
	#begin(sort: Sort, meets: (held: Held) => boolean, perTurn: number = PER_TURN.plain): Order {
		const ordered = new Ordered(VALUES[sort]);
		const now = this.#now();
		const add = (held: Held): void => {
			if (stateOf(held, now) === 'fresh' && meets(held)) ordered.add(held);
		};
		const order = { ordered, filled: inTurns(this.#filter.candidates(), add, perTurn) };
		this.#orders.set(sort, order);
		return order;
	}

	/** Each has to be deleted before the next is asked for. */
	*#expired(): Iterable<Held> {
		const { ordered } = this.#members;
		const now = this.#now();
		for (let { first } = ordered; first !== undefined && first.expires <= now; { first } = ordered) yield first;
	}
}
