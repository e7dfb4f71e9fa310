import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Answer, comparable, logged, startTwoWays, type TwoWays, untilSettled } from './support/fast-path.ts';
import { ADMIN, type DirectusProcess } from './support/process.ts';
import {
	HOST,
	JSON_TYPE,
	requestTo,
	ROUTES_OF_LANE,
	text,
	TOKEN,
	withBody,
	withHeaders,
} from './support/fast-path-requests.ts';
import { type HeaderLine, type RawRequest, RawConnection, rawBytes, sendRaw } from './support/raw-http.ts';

let ways: TwoWays;
let emulator: ProviderEmulator;
let lane: DirectusProcess;
let normal: DirectusProcess;

beforeAll(async () => {
	ways = await startTwoWays({
		MAX_PAYLOAD_SIZE: '20kb',
		CORS_ENABLED: 'true',
		CORS_ORIGIN: 'true',
		IP_TRUST_PROXY: 'true',
	});
	({ emulator, lane, normal } = ways);
	await untilSettled(lane);
}, 240_000);
afterAll(() => ways.stop());
beforeEach(() => emulator.reset());

async function answerOf(process: DirectusProcess, request: RawRequest): Promise<Answer> {
	const answer = await sendRaw(process.url, request);
	if (answer === null) throw new Error('the connection was closed without an answer');
	const { bytes: _, ...rest } = answer;
	return rest;
}

/** Makes the request one that the lane answers. */
async function known(request: RawRequest): Promise<void> {
	for (const process of [normal, lane, lane]) await answerOf(process, request);
}

/** Asks both, the lane first as it is then, and then as it is once it has seen the request. */
async function expectAlike(request: RawRequest): Promise<Answer> {
	await answerOf(normal, request);
	const first = await answerOf(lane, request);
	const slow = await answerOf(normal, request);
	await answerOf(lane, request);
	const later = await answerOf(lane, request);
	expect(comparable(first)).toEqual(comparable(slow));
	expect(comparable(later)).toEqual(comparable(slow));
	return slow;
}

describe('the express lane', () => {
	it.each(ROUTES_OF_LANE)('answers a hit, byte for byte as the normal way does: %s', async (name) => {
		const request = requestTo(name);
		await known(request);
		const before = await logged(lane);
		const fast = await answerOf(lane, request);
		expect(await logged(lane)).toBe(before);
		expect(fast.headers['x-ai-cache']).toBe('HIT');
		expect(comparable(fast)).toEqual(comparable(await answerOf(normal, request)));
	});

	type Change = (request: RawRequest & { body: string }) => RawRequest;
	const plus =
		(...more: HeaderLine[]): Change =>
		(request) => ({ ...request, headers: [...request.headers, ...more] });
	const instead =
		(...more: HeaderLine[]): Change =>
		(request) =>
			withHeaders(request, ...more);
	const to =
		(change: (target: string) => string): Change =>
		(request) => ({ ...request, target: change(request.target) });
	const chunk = (body: string): string => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
	/** What is refused on all routes, and what only the native ones leave unread. */
	const CHANGES: [what: string, change: Change, statuses: [native: number, compatible: number]][] = [
		['an unknown header of the cache', plus(['X-AI-Cache-Colour', 'red']), [200, 400]],
		['a life that is no number', plus(['X-AI-Cache-TTL', 'long']), [200, 400]],
		['a life', plus(['X-AI-Cache-TTL', '60']), [200, 200]],
		['a tag', plus(['X-AI-Cache-Tags', 'one,two']), [200, 200]],
		['a scope', plus(['X-AI-Cache-Scope', 'role']), [200, 200]],
		['items without a collection', plus(['X-AI-Cache-Items', '1']), [200, 400]],
		['Cache-Control twice', plus(['Cache-Control', 'max-age=600'], ['Cache-Control', 'stale-if-error=x']), [200, 400]],
		['an age', plus(['Cache-Control', 'max-age=600']), [200, 200]],
		['a version of an API', plus(['anthropic-version', '2023-06-01']), [200, 200]],
		['a beta of an API', plus(['OpenAI-Beta', 'x'], ['anthropic-beta', 'b,a']), [200, 200]],
		['a second token', plus(['Authorization', 'Bearer wrong']), [200, 200]],
		['a wrong token before the right one', instead(['Authorization', 'Bearer wrong'], TOKEN), [401, 401]],
		['the scheme in small letters', instead(['Authorization', `bearer ${ADMIN.token}`]), [200, 200]],
		['two spaces before the token', instead(['Authorization', `Bearer  ${ADMIN.token}`]), [403, 403]],
		['another scheme', instead(['Authorization', `Basic ${ADMIN.token}`]), [403, 403]],
		['a key beside the token', plus(['x-api-key', 'wrong']), [200, 200]],
		['a token in the query as well', to((target) => `${target}?access_token=${ADMIN.token}`), [400, 400]],
		['an empty query', to((target) => `${target}?`), [200, 200]],
		['a slash at the end', to((target) => `${target}/`), [200, 200]],
		['capital letters', to((target) => target.toUpperCase()), [200, 200]],
		['the name of the host in the target', to((target) => `http://localhost${target}`), [200, 200]],
		['a charset', instead(['Content-Type', 'application/json; charset=utf-8']), [200, 200]],
		['an unknown charset', instead(['Content-Type', 'application/json; charset=klingon']), [400, 415]],
		['the type in capital letters', instead(['Content-Type', 'APPLICATION/JSON']), [200, 200]],
		['a type that only looks like it', instead(['Content-Type', 'application/json-patch+json']), [400, 400]],
		['a second type', plus(['Content-Type', 'text/plain']), [200, 200]],
		['a byte order mark', (request) => withBody(request, `\ufeff${request.body}`), [200, 200]],
		['a space before the body', (request) => withBody(request, ` ${request.body}`), [200, 200]],
		['a byte too many', (request) => withBody(request, `${request.body}x`), [400, 400]],
		['a member twice', (request) => withBody(request, request.body.replace('{', '{"model":"other",')), [200, 200]],
		[
			'a body in gzip',
			(request) => withBody(withHeaders(request, ['Content-Encoding', 'gzip']), gzipSync(request.body)),
			[200, 200],
		],
		['a body that is said to be gzip', plus(['Content-Encoding', 'gzip']), [400, 400]],
		[
			'a body in chunks',
			(request) => ({
				...request,
				headers: [...request.headers.filter(([name]) => name !== 'Content-Length'), ['Transfer-Encoding', 'chunked']],
				body: chunk(request.body),
			}),
			[200, 200],
		],
		[
			'a body that is longer than Directus takes',
			(request) => withBody(request, request.body + ' '.repeat(30_000)),
			[400, 413],
		],
		['a client behind a proxy', plus(['X-Forwarded-For', '203.0.113.7']), [200, 200]],
		['a cookie', plus(['Cookie', 'directus_session_token=abc']), [200, 200]],
		['an origin', plus(['Origin', 'https://example.com']), [200, 200]],
		['a refusal of gzip', plus(['Accept-Encoding', 'gzip;q=0, *;q=1']), [200, 200]],
		['an expectation that nobody meets', plus(['Expect', 'gold']), [417, 417]],
		['another method', (request) => ({ ...request, method: 'PUT' }), [404, 404]],
		['HEAD', (request) => ({ ...request, method: 'HEAD' }), [404, 404]],
	];
	it.each(CHANGES)('takes no request for one that it knows, with %s', async (_, change, [native, compatible]) => {
		for (const name of ROUTES_OF_LANE) {
			const request = requestTo(name);
			await known(request);
			const { status } = await expectAlike(change(request));
			expect([name, status]).toEqual([name, name === 'native' ? native : compatible]);
		}
	});

	it.each(['no-store', 'no-cache'])('lets the provider be asked again: %s', async (mode) => {
		for (const name of ROUTES_OF_LANE.filter((one) => one !== 'native')) {
			const request = requestTo(name);
			await known(request);
			const calls = emulator.calls();
			await answerOf(lane, withHeaders(request, ['Cache-Control', mode]));
			expect([name, emulator.calls()]).toEqual([name, calls + 1]);
		}
	});

	it('answers requests that are sent without waiting for answers, each with its own, in order', async () => {
		const requests = [...ROUTES_OF_LANE, ...ROUTES_OF_LANE].map(requestTo);
		const expected = [];
		for (const request of requests) {
			await known(request);
			expected.push(comparable(await answerOf(normal, request)));
		}
		const connection = await RawConnection.open(lane.url);
		connection.write(Buffer.concat([...requests, ...requests].map(rawBytes)));
		for (const each of [...expected, ...expected]) {
			const { bytes: _, ...answer } = (await connection.answer())!;
			expect(comparable(answer)).toEqual(each);
		}
		connection.close();
	});

	it('waits for a body that is announced and told to come, as Directus does', async () => {
		const request = requestTo('chat');
		await known(request);
		for (const process of [lane, normal]) {
			const connection = await RawConnection.open(process.url);
			connection.write(rawBytes({ ...withHeaders(request, ['Expect', '100-continue']), body: '' }));
			expect((await connection.answer())?.status).toBe(100);
			connection.write(request.body);
			expect((await connection.answer())?.headers['x-ai-cache']).toBe('HIT');
			connection.close();
		}
	});
});

describe('embeddings in the express lane', () => {
	const target = '/ai-cache/openai/v1/embeddings';
	const embed = (input: string[], encoding: string): RawRequest =>
		withBody(
			{ target, headers: [HOST, TOKEN, JSON_TYPE] },
			JSON.stringify({ model: 'text-embedding-3-small', input, encoding_format: encoding }),
		);

	it('come in the order, as often and in the encoding that each request asks for', async () => {
		const [one, two, three] = [text(), text(), text()];
		for (const encoding of ['float', 'base64']) {
			for (const input of [[one, two, three], [three, one, two, one], [two], [two, two]]) {
				const request = embed(input, encoding);
				await known(request);
				const fast = await answerOf(lane, request);
				expect(comparable(fast)).toEqual(comparable(await answerOf(normal, request)));
				const { data } = JSON.parse(fast.body) as { data: { index: number; embedding: unknown }[] };
				expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
				expect(typeof data[0]?.embedding).toBe(encoding === 'float' ? 'object' : 'string');
			}
		}
	});

	it('are given no more once one of their inputs is gone, through the other process', async () => {
		const [one, two] = [text(), text()];
		const request = embed([one, two], 'float');
		await known(request);
		const single = await answerOf(normal, embed([two], 'float'));
		const key = /key="([^"]+)"/.exec(single.headers['cache-status'] ?? '')?.[1] ?? '';
		await normal.api('DELETE', `/ai-cache/entries/${encodeURIComponent(key)}`);
		emulator.reset();
		expect((await answerOf(lane, request)).headers['x-ai-cache']).toBe('MISS');
		expect(emulator.calls()).toBe(1);
		expect((await answerOf(lane, request)).headers['x-ai-cache']).toBe('HIT');
	});

	it('count a hit for each input, as on the normal way', async () => {
		const request = embed([text(), text(), text()], 'float');
		await known(request);
		const hits = async (): Promise<number> => {
			// Each process writes what it counted when it is asked.
			await normal.data('GET', '/ai-cache/stats');
			return (await lane.data<{ overall: { hits: number } }>('GET', '/ai-cache/stats')).overall.hits;
		};
		const before = await hits();
		await answerOf(normal, request);
		const between = await hits();
		await answerOf(lane, request);
		expect([between - before, (await hits()) - between]).toEqual([3, 3]);
	});
});
