import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from 'express';
import { describe, expect, it } from 'vitest';

import { mountExpressLane } from '../../../src/hooks/middleware/fast-path.ts';
import type { Lane } from '../../../src/host/fast-path/fast-path.ts';

/** An application with the lane before it; `ask` hands a request in as Node's server does. */
function mounted(latest: () => Lane | null) {
	const seen: string[] = [];
	const app = {
		name: 'Directus',
		handle(this: { name: string }, { url = '' }: IncomingMessage) {
			seen.push(`${this.name} ${url}`);
		},
	};
	mountExpressLane(app as unknown as Application, latest);
	const ask = (url: string, method = 'POST', headers: Record<string, string> = {}): IncomingMessage => {
		const request = { url, method, headers } as unknown as IncomingMessage;
		(app.handle as (request: IncomingMessage, response: ServerResponse) => void)(
			request,
			{} as unknown as ServerResponse,
		);
		return request;
	};
	return { seen, ask };
}

describe('the express lane that was mounted once', () => {
	it('belongs to the last load of the bundle, and is asked even while it answers nothing', () => {
		const asked: string[] = [];
		const lane = (name: string, open: boolean) => ({ open, answer: () => void asked.push(name) }) as unknown as Lane;
		let latest: Lane | null = null;
		const { seen, ask } = mounted(() => latest);
		for (const next of [null, lane('first', true), lane('second', true), lane('third', false)]) {
			latest = next;
			ask('/ai-cache/generate');
		}
		expect(asked).toEqual(['first', 'second', 'third']);
		expect(seen).toEqual(['Directus /ai-cache/generate']);
	});

	it('sees no request but a POST to the cache, and hands on to the application what it does not answer', () => {
		const answer: Lane['answer'] = (_request, _response, next) => next();
		const { seen, ask } = mounted(() => ({ open: true, answer }) as unknown as Lane);
		const urls = ['/ai-cache/generate', '/ai-cache-other', '/items/articles', '/AI-CACHE/generate', '/'];
		for (const url of urls) ask(url);
		ask('/ai-cache/stats', 'GET');
		expect(seen).toEqual([...urls, '/ai-cache/stats'].map((url) => `Directus ${url}`));
	});

	it.each([
		['/ai-cache/anthropic/v1/messages', {}, 'Bearer key'],
		['/ai-cache/anthropic/v1/messages', { authorization: 'Bearer token' }, 'Bearer token'],
		['/ai-cache/anthropic/v1/messages', { authorization: 'Basic dXNlcjpwYXNz' }, 'Bearer key'],
		['/ai-cache/openai/v1/chat/completions', {}, undefined],
		['/items/articles', {}, undefined],
	])('reads x-api-key of a request to %s with %o as authorization %s', (url, headers, authorization) => {
		const { ask } = mounted(() => null);
		const request = ask(url, 'POST', { 'x-api-key': 'key', ...headers });
		expect(request.headers.authorization).toBe(authorization);
	});
});
