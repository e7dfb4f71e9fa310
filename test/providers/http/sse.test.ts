import { describe, expect, it } from 'vitest';
import { eventDecoder } from '../../../src/providers/http/sse.ts';
import { pieces } from '../../../src/providers/shared/chunk-text.ts';
import { decode } from '../support/fixtures.ts';

const stream = Buffer.from(
	'event: a\ndata: {"t":"é😀"}\n\n: comment\r\n\r\ndata: one\r\ndata: two\r\n\r\ndata: [DONE]\n\n',
);
const events = [
	{ event: 'a', data: '{"t":"é😀"}' },
	{ event: undefined, data: 'one\ntwo' },
	{ event: undefined, data: '[DONE]' },
];

describe('decoding an event stream', () => {
	it('gives the same events wherever its bytes were cut, within a character too', () => {
		for (let size = 1; size <= stream.length; size++) expect(decode(stream, size)).toEqual(events);
	});

	it('gives an event only once a blank line has ended it', () => {
		const decoder = eventDecoder();
		expect(decoder.push(Buffer.from('data: x\n'))).toEqual([]);
		expect(decoder.push(Buffer.from('\n'))).toEqual([{ event: undefined, data: 'x' }]);
	});
});

describe('pieces of a text', () => {
	it.each(['', 'short', 'word '.repeat(100), 'x'.repeat(1_000), '😀'.repeat(333), `a${'😀'.repeat(333)}`, '\n\n  \n'])(
		'make the text again, with no character broken: %#',
		(text) => {
			const parts = pieces(text);
			expect(parts.join('')).toBe(text);
			for (const part of parts) {
				expect(part.length).toBeGreaterThan(0);
				expect(part.length).toBeLessThanOrEqual(65);
				expect(Buffer.from(part).toString()).toBe(part);
			}
		},
	);
});
