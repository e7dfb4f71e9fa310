import { describe, expect, it } from 'vitest';
import { filterFrom, sortingFrom, sortParameter, toQuery } from '../../src/module/lib/entry-query.ts';

describe('the filter of the entries page in its address', () => {
	it('survives the way through the address', () => {
		const filter = { provider: 'openai', model: 'gpt-4o', collection: 'articles', item: '5', tag: 'news' } as const;
		const query = toQuery(filter, { by: 'hits', desc: true });
		expect(filterFrom(query)).toEqual(filter);
		expect(sortingFrom(query['sort'])).toEqual({ by: 'hits', desc: true });
	});

	it('leaves out what is at its default', () => {
		expect(toQuery({}, { by: 'created', desc: true })).toEqual({});
	});

	it('drops what it does not know rather than passing it on', () => {
		expect(filterFrom({ provider: 'acme', model: '', tag: ['a', 'b'], other: 'x' })).toEqual({});
		expect(filterFrom({ item: '5' })).toEqual({});
		expect(sortingFrom('-usd')).toEqual({ by: 'created', desc: true });
	});

	it('asks the server for descending order with a minus', () => {
		expect(sortParameter({ by: 'size', desc: true })).toBe('-size');
		expect(sortParameter({ by: 'expires', desc: false })).toBe('expires');
	});
});
