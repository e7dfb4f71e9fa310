import { describe, expect, it } from 'vitest';

import { optionsToInvalidation } from '../../src/operations/invalidate/request.ts';

describe('the invalidation that a step’s options make', () => {
	it('has the criteria that were chosen, and no others', () => {
		const options = {
			collection: 'articles',
			items: '1,2',
			fields: ['title'],
			model: '',
			tags: [],
			all: false,
			dry_run: true,
		};
		expect(optionsToInvalidation(options)).toEqual({
			collection: 'articles',
			items: ['1', '2'],
			fields: ['title'],
			dry_run: true,
		});
	});

	it('takes everything where that was chosen', () => {
		expect(optionsToInvalidation({ all: true, dry_run: false })).toEqual({ all: true, dry_run: false });
	});

	it.each([
		[{}, 'all', 'must be on'],
		[{ items: '', tags: '' }, 'all', 'must be on'],
		[{ items: '1' }, 'collection', 'missing'],
		[{ collection: 'a', items: 'undefined' }, 'items', 'no such value'],
		[{ provider: 'x' }, 'provider', 'one of'],
		[{ all: 'yes' }, 'all', 'true or false'],
	])('refuses %j by name', (options, field, reason) => {
		expect(() => optionsToInvalidation(options)).toThrow(
			expect.objectContaining({
				status: 400,
				message: expect.stringContaining(reason) as unknown,
				extensions: expect.objectContaining({ field }) as unknown,
			}),
		);
	});
});
