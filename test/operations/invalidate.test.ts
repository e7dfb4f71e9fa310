import type { OperationContext } from '@directus/types';
import { describe, expect, it } from 'vitest';

import { createInvalidateHandler } from '../../src/operations/invalidate/handler.ts';
import { buildInvalidation } from '../../src/operations/invalidate/request.ts';
import type { FlowEngine } from '../../src/operations/port.ts';

describe('the invalidation built from the operation’s options', () => {
	it('contains exactly the chosen criteria', () => {
		const options = {
			collection: 'articles',
			items: '1,2',
			fields: ['title'],
			model: '',
			tags: [],
			all: false,
			dry_run: true,
		};
		expect(buildInvalidation(options)).toEqual({
			collection: 'articles',
			items: ['1', '2'],
			fields: ['title'],
			dry_run: true,
		});
	});

	it('invalidates everything if that was chosen', () => {
		expect(buildInvalidation({ all: true, dry_run: false })).toEqual({ all: true, dry_run: false });
	});

	it.each([
		[{}, 'all', 'must be on'],
		[{ items: '', tags: '' }, 'all', 'must be on'],
		[{ items: '1' }, 'collection', 'missing'],
		[{ collection: 'a', items: 'undefined' }, 'items', 'no such value'],
		[{ provider: 'x' }, 'provider', 'one of'],
		[{ all: 'yes' }, 'all', 'true or false'],
	])('rejects %j by name', (options, field, reason) => {
		expect(() => buildInvalidation(options)).toThrow(
			expect.objectContaining({
				status: 400,
				message: expect.stringContaining(reason) as unknown,
				extensions: expect.objectContaining({ field }) as unknown,
			}),
		);
	});
});

describe('the invalidate operation', () => {
	it.each([
		['a tag', { tags: 'null' }, { tags: '{{$trigger.tag}}, a' }],
		[
			'a list of items',
			{ collection: 'articles', items: null },
			{ collection: 'articles', items: '{{$trigger.keys}}' },
		],
	])('rejects if the flow has no value for %s', async (_, filled, written) => {
		const engine: FlowEngine = {
			generate: () => Promise.reject(new Error('not asked for')),
			invalidate: () => Promise.reject(new Error('not asked for')),
		};
		const operation = { type: 'ai-cache-invalidate', key: 'drop', options: written, resolve: null, reject: null };
		const data = { $trigger: { tag: null, keys: null } };
		const context = { data, flow: { operation } } as unknown as OperationContext;
		await expect(createInvalidateHandler(() => engine)(filled, context)).rejects.toThrow('no value for {{$trigger');
	});
});
