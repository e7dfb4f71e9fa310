import { describe, expect, it } from 'vitest';

import { chooseRefreshes, type Refreshable } from '../../../src/cache/policy/refresh-selection.ts';

const answer = (requested: number, tags: string[], wanted = true): Refreshable => ({ requested, tags, wanted });
const LIMITS = { minimum: 3, maximum: 2 };

describe('what is made again', () => {
	it('is what the change took and is asked often, most requested first', () => {
		const [some, most] = [answer(5, ['a', 'b']), answer(9, ['b'])];
		expect(chooseRefreshes([some, most, answer(20, ['c'])], new Set(['b']), LIMITS)).toEqual([most, some]);
	});

	it('is no more than so many for one change', () => {
		const all = [4, 7, 6, 5].map((requested) => answer(requested, ['a']));
		expect(chooseRefreshes(all, new Set(['a']), LIMITS).map(({ requested }) => requested)).toEqual([7, 6]);
	});

	it('is nothing that is asked seldom, nor what is not wanted', () => {
		expect(chooseRefreshes([answer(2, ['a']), answer(9, ['a'], false)], new Set(['a']), LIMITS)).toEqual([]);
		expect(chooseRefreshes([answer(3, ['a'])], new Set(['a']), LIMITS)).toHaveLength(1);
	});
});
