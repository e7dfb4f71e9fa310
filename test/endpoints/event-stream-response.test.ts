import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EventStreamResponse } from '../../src/endpoints/event-stream-response.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** A stream, and what of its body and head went out. */
function start(comments = true) {
	const response = new ServerResponse(new IncomingMessage(new Socket()));
	const sent: string[] = [];
	const put = (chunk: string | Uint8Array): boolean => sent.push(Buffer.from(chunk).toString()) > 0;
	vi.spyOn(response, 'write').mockImplementation(put as ServerResponse['write']);
	vi.spyOn(response, 'end').mockImplementation(((chunk?: string) => {
		if (chunk !== undefined) put(chunk);
		return response;
	}) as ServerResponse['end']);
	const setEarlyHead = (): void => void response.setHeader('X-AI-Cache', 'MISS');
	return { response, sent, stream: new EventStreamResponse(response, { setEarlyHead, comments }) };
}

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000);

describe('a stream without data yet', () => {
	it('sends its head as a miss after 10 seconds, and not before', async () => {
		const { response } = start();
		await seconds(9.9);
		expect(response.headersSent).toBe(false);
		await seconds(0.2);
		expect(response.headersSent).toBe(true);
		expect(response.getHeaders()).toMatchObject({
			'x-ai-cache': 'MISS',
			'content-type': 'text/event-stream; charset=utf-8',
		});
	});

	it('sends a comment at least every 15 seconds from then on', async () => {
		const { sent } = start();
		await seconds(10);
		for (let times = 1; times <= 4; times++) {
			await seconds(15);
			expect(sent.length).toBeGreaterThanOrEqual(times);
		}
		expect(new Set(sent)).toEqual(new Set([': keep-alive\n\n']));
	});

	it('sends no comments to clients that do not accept them', async () => {
		const { response, sent } = start(false);
		await seconds(100);
		expect([response.headersSent, sent]).toEqual([true, []]);
	});

	it('sends nothing after it was stopped', async () => {
		const { response, stream } = start();
		stream.stop();
		await seconds(100);
		expect(response.headersSent).toBe(false);
	});
});

describe('a running stream', () => {
	it('sends no comment while data arrives', async () => {
		const { stream, sent } = start();
		stream.begin(() => {});
		for (let times = 0; times < 5; times++) {
			await seconds(9);
			await stream.write('data: 1\n\n');
		}
		expect(sent).toEqual(Array(5).fill('data: 1\n\n'));
	});

	it.each([
		['after an event', ['data: 1\n\n'], ': keep-alive\n\n'],
		['after an event with carriage returns', ['data: 1\r\n\r', '\n'], ': keep-alive\n\n'],
		['after a blank line that came alone', ['data: 1\n', '\n'], ': keep-alive\n\n'],
		['between two lines of an event', ['event: a\n'], ': keep-alive\n'],
	])('sends a comment %s that changes no event', async (_where, chunks, comment) => {
		const { stream, sent } = start();
		stream.begin(() => {});
		for (const chunk of chunks) await stream.write(chunk);
		sent.length = 0;
		await seconds(10);
		expect(sent).toEqual([comment]);
	});

	it('holds back an incomplete line, so that a comment never splits it', async () => {
		const { stream, sent } = start();
		stream.begin(() => {});
		await stream.write('data: 1\n\ndata: {"ha');
		await seconds(10);
		await stream.write('lf":1}\n\n');
		expect(sent).toEqual(['data: 1\n\n', ': keep-alive\n\n', 'data: {"half":1}\n\n']);
	});

	it('sends an incomplete last line when it ends', async () => {
		const { stream, sent } = start();
		stream.begin(() => {});
		await stream.write('data: [DO');
		await stream.write('NE]');
		await stream.end();
		expect(sent).toEqual(['data: [DONE]']);
	});

	it.each([
		['after an event', 'data: 1\n\n', 'data: 1\n\n!'],
		['in the middle of a line', 'data: 1\n\ndata: {"ha', 'data: 1\n\n!'],
		['in the middle of an event', 'data: 1\n', 'data: 1\n\n\n!'],
	])('reports a failure %s in an event of its own', async (_where, chunk, text) => {
		const { stream, sent } = start();
		stream.begin(() => {});
		await stream.write(chunk);
		stream.fail('!');
		expect(sent.join('')).toBe(text);
	});
});
