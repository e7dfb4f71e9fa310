import { describe, expect, it } from 'vitest';
import type { Held } from '../../../../src/stores/memory/entry-slot.ts';
import { Ordered } from '../../../../src/stores/memory/browse/sorted-list.ts';

const entryOf = (created: number, key: string): Held => ({
	key,
	bytes: Buffer.alloc(0),
	created,
	expires: 0,
	usd: 0,
	cells: [],
	coveredTags: null,
	decoded: null,
	hits: 0,
});

/** The same numbers each time. */
function numbers(): () => number {
	let state = 7;
	return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648);
}

const inOrder = (one: Held, other: Held): number => one.created - other.created || (one.key < other.key ? -1 : 1);

describe('an order of entries', () => {
	it('is that of a sorted list, from any place and in both directions, whatever came and went', () => {
		const next = numbers();
		const ordered = new Ordered((held) => held.created);
		const held = new Set<Held>();
		for (let index = 0; index < 12_000; index++) {
			const entry = entryOf(next() % 300, `key ${index}`);
			ordered.add(entry);
			ordered.add(entry);
			held.add(entry);
			if (index % 3 === 0) {
				const gone = [...held][next() % Math.min(held.size, 50)]!;
				held.delete(gone);
				expect(ordered.delete(gone)).toBe(true);
				expect(ordered.delete(gone)).toBe(false);
				expect(ordered.has(gone)).toBe(false);
			}
		}
		const sorted = [...held].toSorted(inOrder);
		expect(ordered.size).toBe(sorted.length);
		expect(ordered.first).toBe(sorted[0]);
		expect([...ordered.after(null, false)]).toEqual(sorted);
		expect([...ordered.after(null, true)]).toEqual(sorted.toReversed());
		for (let index = 0; index < sorted.length; index += 97) {
			const place = ordered.placeOf(sorted[index]!);
			expect(ordered.after(place, false)[Symbol.iterator]().next().value).toBe(sorted[index + 1]);
			expect(ordered.after(place, true)[Symbol.iterator]().next().value).toBe(sorted[index - 1]);
			// Of one that has left, the place stays between its neighbours.
			ordered.delete(sorted[index]!);
			expect(ordered.after(place, false)[Symbol.iterator]().next().value).toBe(sorted[index + 1]);
			ordered.add(sorted[index]!);
		}
	});

	it('is empty again once all have left, and takes new ones', () => {
		const ordered = new Ordered((held) => held.created);
		const entries = Array.from({ length: 3000 }, (_, index) => entryOf(index, `key ${index}`));
		for (const entry of entries) ordered.add(entry);
		for (const entry of entries.toReversed()) ordered.delete(entry);
		expect([ordered.size, ordered.first, [...ordered.after(null, true)]]).toEqual([0, undefined, []]);
		ordered.add(entries[5]!);
		expect([...ordered.after({ value: 4, key: '' }, false)]).toEqual([entries[5]]);
	});

	it('adds, finds and deletes among 200,000 with about as little work as among 2,000', () => {
		const workOf = (size: number): number => {
			let reads = 0;
			const next = numbers();
			const ordered = new Ordered((held) => (reads++, held.created));
			for (let index = 0; index < size; index++) ordered.add(entryOf(next(), `key ${index}`));
			reads = 0;
			for (let index = 0; index < 1000; index++) {
				const entry = entryOf(next(), `more ${index}`);
				ordered.add(entry);
				ordered.after(ordered.placeOf(entry), true)[Symbol.iterator]().next();
				ordered.delete(entry);
			}
			return reads;
		};
		expect(workOf(200_000)).toBeLessThan(2 * workOf(2000));
	});
});
