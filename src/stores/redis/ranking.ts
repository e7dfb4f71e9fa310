import { type Client, number, run, texts } from './client.ts';

/** Where an entry stood in a list: by its value, then by its name, which are unique together. */
export interface Position {
	score: number;
	member: string;
}

export type Ranked = Position;

/** A list of entries in one order, which may change while it is paged through. */
export interface Ranking {
	slice(start: number, length: number): Promise<Ranked[]>;
	/** Number of those before and at the position, whether it is still taken or not. */
	placeAfter(position: Position): Promise<number>;
}

/** A sorted set of Redis in either direction. */
export class SortedSet implements Ranking {
	readonly #client: Client;
	readonly #name: string;
	readonly #descending: boolean;

	constructor(client: Client, name: string, descending: boolean) {
		this.#client = client;
		this.#name = name;
		this.#descending = descending;
	}

	async slice(start: number, length: number): Promise<Ranked[]> {
		const range = this.#descending ? 'ZREVRANGE' : 'ZRANGE';
		const [reply] = await run(this.#client, [[range, this.#name, start, start + length - 1, 'WITHSCORES']]);
		const page = texts(reply);
		return page.flatMap((member, index) => (index % 2 ? [] : [{ member, score: Number(page[index + 1]) }]));
	}

	async placeAfter(position: Position): Promise<number> {
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
			const [ranked] = await this.slice(middle, 1);
			if (ranked !== undefined && compare(ranked, position, this.#descending) <= 0) low = middle + 1;
			else high = middle;
		}
		return low;
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

	get size(): number {
		return this.#ranked.length;
	}

	slice(start: number, length: number): Promise<Ranked[]> {
		return Promise.resolve(this.#ranked.slice(start, start + length));
	}

	placeAfter(position: Position): Promise<number> {
		let low = 0;
		let high = this.#ranked.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (compare(this.#ranked[middle]!, position, this.#descending) <= 0) low = middle + 1;
			else high = middle;
		}
		return Promise.resolve(low);
	}
}

/** The order of a sorted set: names are ASCII, so that JavaScript compares them as Redis does. */
function compare(one: Position, other: Position, descending: boolean): number {
	const order = one.score - other.score || (one.member < other.member ? -1 : Number(one.member > other.member));
	return descending ? -order : order;
}

/** Where the next page begins, and when the list that it goes on with was made, if one was. */
export interface Cursor extends Position {
	listedAt: number | null;
}

export const writeCursor = ({ score, member, listedAt }: Cursor): string =>
	[score, ...(listedAt === null ? [] : [listedAt]), member].join('|');

/** Null for what is no cursor of ours: the list then begins at its beginning. */
export function parseCursor(cursor: string): Cursor | null {
	const [, score, listedAt, member] = /^(-?[\d.e+]+)\|(?:(\d+)\|)?(.+)$/s.exec(cursor) ?? [];
	if (score === undefined || member === undefined) return null;
	return { score: Number(score), member, listedAt: listedAt === undefined ? null : Number(listedAt) };
}
