import { createServer, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';
import { afterEach, describe, expect, it } from 'vitest';

import { mountReadYourOwnWrite } from '../../../src/hooks/middleware/read-your-writes.ts';
import { Invalidator } from '../../../src/services/invalidation/invalidation-service.ts';
import { openWrites, type Writing } from '../../../src/services/invalidation/pending-writes.ts';
import { systemClock } from '../../../src/cache/clock.ts';
import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';

let server: Server | undefined;
let repeated: string[];

afterEach(() => {
	server?.closeAllConnections();
	server?.close();
});

/** A server that answers everything as `answer` does, behind the middleware. */
async function serve(
	settled: () => Promise<unknown> | null,
	answer = (response: Response, _request: Request): unknown => response.end('done'),
	maxWaitMs?: number,
): Promise<string> {
	repeated = [];
	const repeat = (tags: readonly string[]): Promise<void> => Promise.resolve(void repeated.push(...tags));
	const handlers: RequestHandler[] = [];
	const responses = Object.create(ServerResponse.prototype) as ServerResponse;
	const app = { response: responses, use: (handler: RequestHandler) => handlers.push(handler) };
	mountReadYourOwnWrite(app as unknown as Application, { settled, repeat }, maxWaitMs);
	server = createServer((message, reply) => {
		const request = Object.assign(message, { path: message.url }) as unknown as Request;
		// As Express does.
		const response = Object.setPrototypeOf(reply, responses) as Response;
		handlers[0]?.(request, response, (() => answer(response, request)) as NextFunction);
	});
	await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Whether the request was answered before the invalidation settled. */
async function isHeld(path: string, method: string, answer?: (response: Response) => unknown): Promise<boolean> {
	let settle: (() => void) | undefined;
	let inForce = false;
	const pending = new Promise<void>((resolve) => (settle = resolve)).then(() => void (inForce = true));
	const url = await serve(() => pending, answer, 10_000);
	const response = fetch(url + path, { method }).then(async (reply) => ({ text: await reply.text(), inForce }));
	const first = await Promise.race([response, wait(100)]);
	settle?.();
	const { text, inForce: seen } = await response;
	expect(text).toBe(method === 'HEAD' ? '' : 'done');
	return first === undefined && seen;
}

describe('the response to a write', () => {
	it.each(['POST', 'PATCH', 'PUT', 'DELETE'])(
		'of %s is kept back until what it changed is in force',
		async (method) => {
			expect(await isHeld('/items/articles/1', method)).toBe(true);
		},
	);

	it.each(['GET', 'HEAD', 'OPTIONS'])('of %s waits for nothing', async (method) => {
		expect(await isHeld('/items/articles/1', method)).toBe(false);
	});

	it('of a Flow is kept back also where that is triggered by GET', async () => {
		expect(await isHeld('/flows/trigger/8cbc1b4c-2b9c-4f3c-9b44-0a1b2c3d4e5f', 'GET')).toBe(true);
		expect(await isHeld('/flows', 'GET')).toBe(false);
	});

	it('is never kept back on the routes of the cache itself', async () => {
		expect(await isHeld('/ai-cache/generate', 'POST')).toBe(false);
		expect(await isHeld('/ai-cache-of-another', 'POST')).toBe(true);
	});

	it('that is written in parts ends late and whole', async () => {
		const inParts = (response: Response): void => {
			response.write('do');
			response.end('ne');
		};
		expect(await isHeld('/utils/import/articles', 'POST', inParts)).toBe(true);
	});

	it('goes out at once where nothing is pending', async () => {
		const url = await serve(() => null, undefined, 60_000);
		expect(await (await fetch(url, { method: 'PATCH' })).text()).toBe('done');
	});

	it('goes out in the end also where the store hangs or fails', async () => {
		const hanging = await serve(() => new Promise(() => {}), undefined, 20);
		expect(await (await fetch(hanging, { method: 'DELETE' })).text()).toBe('done');
		server?.close();
		const failing = await serve(() => Promise.reject(new Error('away')), undefined, 60_000);
		expect(await (await fetch(failing, { method: 'DELETE' })).text()).toBe('done');
	});

	it('is ended once, with the callback that it was ended with', async () => {
		let called = 0;
		const url = await serve(
			() => Promise.resolve(),
			(response) => {
				response.end('done', () => called++);
				response.end();
			},
		);
		expect(await (await fetch(url, { method: 'POST' })).text()).toBe('done');
		await expect.poll(() => called).toBe(1);
	});

	it.each([
		['repeats what it has invalidated, as Directus may have said so before it committed', 'own', true],
		['repeats what nobody knows the cause of, as it may have been this one', 'unknown', true],
		['repeats nothing of what another request has invalidated', 'other', false],
	])('%s', async (_, whose, repeats) => {
		const limits = { maxBytes: 2 ** 20, maxEntryBytes: 2 ** 20, staleSeconds: 0, journalRows: 10 };
		const invalidator = new Invalidator(new MemoryStore(limits), systemClock);
		const change = { kind: 'update', collection: 'articles', items: ['1'], fields: ['title'] } as const;
		const other: Writing = { accountability: { user: 'the same' } };
		openWrites.open(other);
		const url = await serve(
			() => null,
			async (response, request) => {
				const own = { user: 'the same' };
				Object.assign(request, { accountability: own });
				const accountability = { own, unknown: null, other: other.accountability }[whose];
				const onTags = (tags: readonly string[]): void => void openWrites.add(tags, accountability);
				await invalidator.changed([change], { cause: 'event' }, onTags);
				response.end('done');
			},
		);
		await (await fetch(`${url}/items/articles`, { method: 'PATCH' })).text();
		expect(repeated.includes('f:articles/1:title')).toBe(repeats);
		expect(openWrites.close(other)?.includes('f:articles/1:title')).toBe(whose !== 'own');
	});

	it('repeats it also where the client is gone by then', async () => {
		let ending: (() => void) | undefined;
		const url = await serve(
			() => null,
			(response, request) => {
				ending = () => {
					openWrites.add(['t:late'], (request as Writing).accountability);
					response.end('done');
				};
			},
		);
		const leaving = new AbortController();
		const asked = fetch(url, { method: 'POST', signal: leaving.signal }).catch(() => 'gone');
		await expect.poll(() => ending).toBeDefined();
		leaving.abort();
		expect(await asked).toBe('gone');
		ending?.();
		expect(repeated).toEqual(['t:late']);
	});
});
