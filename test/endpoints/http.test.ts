import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { type DirectusRequest, requireCaller, route } from '../../src/endpoints/http.ts';
import { StoreAwayError } from '../../src/services/errors/errors.ts';
import { readSettings } from '../../src/services/config/settings.ts';

const response = { destroyed: false };

/** What the handler's failure is handed on as. */
const handedOn = (error: Error): Promise<unknown> =>
	new Promise((resolve) => {
		route(() => Promise.reject(error))(null as unknown as Request, response as unknown as Response, resolve);
	});

describe('a route', () => {
	it('returns a 503 with its code if the store is unavailable', async () => {
		const error = await handedOn(new StoreUnavailableError('it took longer than 5000 ms'));
		expect(error).toBeInstanceOf(StoreAwayError);
		expect(error).toMatchObject({ status: 503, code: 'AI_CACHE_STORE_UNAVAILABLE' });
	});

	it('passes every other error on unchanged', async () => {
		const error = new Error('unexpected');
		expect(await handedOn(error)).toBe(error);
	});
});

describe('a caller', () => {
	it('brings along the schema that Directus read for their request', () => {
		const schema = { collections: {}, relations: [] };
		const accountability = { user: 'ann', role: null, roles: [], admin: false };
		const request = { accountability, schema } as unknown as DirectusRequest;
		expect(requireCaller(request, readSettings({}).values).schema).toBe(schema);
	});
});
