import { describe, expect, it } from 'vitest';

import { Debounce } from '../../../src/cache/policy/debounce.ts';

const QUIET = 10_000;
const LIMIT = 60_000;

describe('changes that follow each other', () => {
	it('are due together, once it was quiet for long enough after the last', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		debounce.add('articles/1', ['title'], 0);
		debounce.add('articles/1', ['body'], 9000);
		expect(debounce.next).toBe(19_000);
		expect(debounce.take(18_999)).toEqual(new Set());
		expect(debounce.take(19_000)).toEqual(new Set(['title', 'body']));
		expect(debounce.next).toBeNull();
	});

	it('are due ten in a minute as one', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		let due = 0;
		for (let save = 0; save < 10; save++) {
			debounce.add('articles/1', ['title'], save * 5900);
			due += debounce.take(save * 5900 + 5000).size;
		}
		expect(due).toBe(0);
		expect(debounce.take(60_000)).toEqual(new Set(['title']));
	});

	it('are due after the limit, however they go on', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		for (let now = 0; now < LIMIT; now += 1000) debounce.add('articles/1', ['title'], now);
		expect(debounce.next).toBe(LIMIT);
		expect(debounce.take(LIMIT)).toEqual(new Set(['title']));
	});

	it('of another subject are due at a time of their own', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		debounce.add('articles/1', ['one'], 0);
		debounce.add('articles/2', ['two'], 4000);
		expect(debounce.take(10_000)).toEqual(new Set(['one']));
		expect(debounce.take(14_000)).toEqual(new Set(['two']));
	});

	it('wait on when what they changed is changed once more, as long as they wait', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		debounce.add('articles/1', ['title', 'any'], 0);
		expect(debounce.again(['title'], 5000)).toBe(true);
		expect(debounce.again(['other'], 9000)).toBe(false);
		expect(debounce.next).toBe(15_000);
		debounce.take(15_000);
		expect(debounce.again(['title'], 16_000)).toBe(false);
	});

	it('are put together beyond a thousand subjects, and none is lost', () => {
		const debounce = new Debounce(QUIET, LIMIT);
		for (let item = 0; item < 1500; item++) debounce.add(`articles/${item}`, [`tag ${item}`], 0);
		expect(debounce.take(QUIET).size).toBe(1500);
	});
});
