import { describe, expect, it } from 'vitest';

import { parseHeaders } from '../../src/endpoints/compatible/request-headers.ts';

/** A header's bytes as Node reads them. */
const received = (text: string): string => Buffer.from(text).toString('latin1');

describe('a header that is not ASCII', () => {
	it('is read as UTF-8', () => {
		const { collection, dependencies } = parseHeaders({
			'x-ai-cache-collection': received('artículos'),
			'x-ai-cache-items': received('ключ,2'),
			'x-ai-cache-fields': received('Überschrift'),
			'x-ai-cache-tags': received('été, 夏'),
		});
		expect(collection).toBe('artículos');
		expect(dependencies).toEqual({
			content: [{ collection: 'artículos', items: ['ключ', '2'], fields: ['Überschrift'] }],
			tags: ['été', '夏'],
		});
	});

	it.each(['Tags', 'Collection', 'Items', 'Fields'])(
		'that is not UTF-8 either is a 400 that names X-AI-Cache-%s',
		(name) => {
			const headers = { 'x-ai-cache-collection': 'a', [`x-ai-cache-${name.toLowerCase()}`]: '\xe9t\xe9' };
			expect(() => parseHeaders(headers)).toThrow(
				expect.objectContaining({
					status: 400,
					extensions: expect.objectContaining({ field: `X-AI-Cache-${name}` }) as unknown,
				}),
			);
		},
	);
});
