import { type Client, number, run, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { type Ranked, type Sieve, sift } from './index-filter.ts';

/** Holds Redis up for some two milliseconds. */
export const MAX_MEMBERS_PER_READ = 500;

/** Where an entry stood in a list. */
export type Position = Ranked;

/** A list of entries in one order, which may change while it is paged through. */
export interface Ranking {
	/** What comes after the position, whether it is still taken or not, a part at a time; parts may be empty. */
	after(position: Position | null): AsyncIterable<readonly Ranked[]>;
}

/** What a sieve lets through of a sorted set of Redis, in either direction. */
export class SortedSet implements Ranking {
	readonly #context: Pick<RedisContext, 'client'>;
	readonly #name: string;
	readonly #descending: boolean;
	readonly #sieve: Sieve;
	readonly #membersPerRead: number;

	constructor(
		context: Pick<RedisContext, 'client'>,
		list: { name: string; descending: boolean },
		sieve: Sieve,
		membersPerRead: number,
	) {
		this.#context = context;
		this.#name = list.name;
		this.#descending = list.descending;
		this.#sieve = sieve;
		this.#membersPerRead = membersPerRead;
	}

	/** Where nothing of a part is let through, the next one is twice as long, up to what Redis may be held up for. */
	async *after(position: Position | null): AsyncGenerator<readonly Ranked[]> {
		const range = this.#descending ? 'ZREVRANGE' : 'ZRANGE';
		let size = this.#membersPerRead;
		for (let from = position; ;) {
			const start = from === null ? 0 : await this.#placeAfter(from);
			const part = [range, start, start + size - 1, 'WITHSCORES'] as const;
			const { read, last, matches } = await sift(this.#context, this.#name, [...part], this.#sieve);
			yield matches;
			if (last === null || read < size) return;
			from = last;
			if (matches.length === 0) size = Math.min(2 * size, MAX_MEMBERS_PER_READ);
		}
	}

	/** Number of those before and at the position. */
	async #placeAfter(position: Position): Promise<number> {
		const rank = this.#descending ? 'ZREVRANK' : 'ZRANK';
		const [place, score, size] = await run(this.#client, [
			[rank, this.#name, position.member],
			['ZSCORE', this.#name, position.member],
			['ZCARD', this.#name],
		]);
		if (place !== null && number(score) === position.score) return number(place) + 1;
		return this.#search(position, number(size));
	}

	/** It has left, or moved: halves the range, a round trip each. */
	async #search(position: Position, size: number): Promise<number> {
		let low = 0;
		let high = size;
		while (low < high) {
			const middle = (low + high) >> 1;
			const ranked = await this.#at(middle);
			if (ranked !== undefined && compare(ranked, position, this.#descending) <= 0) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	async #at(place: number): Promise<Ranked | undefined> {
		const range = this.#descending ? 'ZREVRANGE' : 'ZRANGE';
		const [reply] = await run(this.#client, [[range, this.#name, place, place, 'WITHSCORES']]);
		const [member, score] = texts(reply);
		return member === undefined ? undefined : { member, score: Number(score) };
	}

	get #client(): Client {
		return this.#context.client;
	}
}

/** A list in memory. */
export class RankedList implements Ranking {
	readonly #ranked: readonly Ranked[];
	readonly #descending: boolean;

	constructor(ranked: readonly Ranked[], descending: boolean) {
		this.#descending = descending;
		this.#ranked = ranked.toSorted((one, other) => compare(one, other, descending));
	}

	async *after(position: Position | null): AsyncGenerator<readonly Ranked[]> {
		const first = position ? this.#ranked.findIndex((ranked) => compare(ranked, position, this.#descending) > 0) : 0;
		if (first !== -1) yield this.#ranked.slice(first);
	}
}

/** The order of a sorted set: names are ASCII, so that JavaScript compares them as Redis does. */
function compare(one: Position, other: Position, descending: boolean): number {
	const order = one.score - other.score || (one.member < other.member ? -1 : Number(one.member > other.member));
	return descending ? -order : order;
}

export const writeCursor = ({ score, member }: Position): string => `${score}|${member}`;

/** Null for what is no cursor of ours: the list then begins at its beginning. */
export function parseCursor(cursor: string): Position | null {
	const [, score, member] = /^(-?[\d.e+]+)\|(.+)$/s.exec(cursor) ?? [];
	return score === undefined || member === undefined ? null : { score: Number(score), member };
}
