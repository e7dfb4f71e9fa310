import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';

import { acceptsGzip, addVary } from '../../../src/endpoints/compatible/responder.ts';

describe('gzip is accepted', () => {
	it.each(['gzip', 'deflate, gzip;q=0.5', 'GZIP', 'x-gzip', '*', 'br;q=1.0, *;q=0.1', 'gzip, deflate, br, zstd'])(
		'by %s',
		(header) => expect(acceptsGzip(header)).toBe(true),
	);

	it.each([undefined, '', 'identity', 'br', 'gzip;q=0', 'gzip;q=0, *', '*;q=0', 'gzip; q=0.000', 'notgzip'])(
		'not by %s',
		(header) => expect(acceptsGzip(header)).toBe(false),
	);
});

describe('Vary', () => {
	const varyAfter = (before: string | null, field: string): unknown => {
		const response = new ServerResponse(new IncomingMessage(new Socket()));
		if (before !== null) response.setHeader('Vary', before);
		addVary(response, field);
		return response.getHeader('Vary');
	};

	it.each([
		[null, 'Accept-Encoding'],
		['Origin', 'Origin, Accept-Encoding'],
		['Origin, accept-encoding', 'Origin, accept-encoding'],
		['*', '*'],
	])('keeps Directus’ fields without duplicates: %s', (before, after) => {
		expect(varyAfter(before, 'Accept-Encoding')).toBe(after);
	});
});
