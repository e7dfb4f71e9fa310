import { describe, expect, it } from 'vitest';

import { slots } from '../../../src/services/utils/concurrency.ts';
import { deferred } from '../../cache/support/deferred.ts';

describe('slots', () => {
	it('let so many work at a time, the others in their order, and go on after a failure', async () => {
		const inTurn = slots(2);
		const works = Array.from({ length: 4 }, () => deferred<number>());
		const begun: number[] = [];
		const running = works.map(({ promise }, index) =>
			inTurn(() => {
				begun.push(index);
				return promise;
			}),
		);
		const settled = Promise.allSettled(running);
		expect(begun).toEqual([0, 1]);
		works[1]!.reject(new Error('failed'));
		await expect(running[1]).rejects.toThrow('failed');
		expect(begun).toEqual([0, 1, 2]);
		for (const [index, { resolve }] of works.entries()) resolve(index);
		expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
		expect(begun).toEqual([0, 1, 2, 3]);
	});
});
