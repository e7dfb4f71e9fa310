import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { unpackSection } from '../../../src/cache/entry-codec.ts';
import type { JsonObject } from '../../../src/shared/api-types.ts';
import type { Asked } from '../../../src/services/generation/read-through.ts';
import { chatChunk, gate } from '../../e2e/support/chat-stream.ts';
import { eventSteps, type RawProvider, startRawProvider } from '../../support/raw-provider.ts';
import { type Asking, startAsking } from '../support/asking.ts';

const EVENTS = { 'content-type': 'text/event-stream' };
const WHOLE = [chatChunk({ role: 'assistant', content: 'Hello' }), chatChunk({}, 'stop'), '[DONE]'];
const WHOLE_TEXT = WHOLE.map((data) => `data: ${data}\n\n`).join('');
const OVERLOADED = '{"error":{"message":"The model is overloaded","type":"overloaded_error"}}';

let provider: RawProvider;
let asking: Asking;
let prompts = 0;

beforeAll(async () => {
	provider = await startRawProvider();
	asking = startAsking(provider.url, 2);
});
afterAll(() => provider.stop());
beforeEach(() => provider.reset());

const question = (stream: boolean): JsonObject => ({
	model: 'gpt-4o-mini',
	messages: [{ role: 'user', content: `question ${++prompts}` }],
	...(stream && { stream }),
});

async function textOf({ stream }: Asked): Promise<string> {
	let text = '';
	for await (const chunk of stream!.bytes) text += Buffer.from(chunk).toString();
	return text;
}

const bodyOf = async ({ outcome }: Asked): Promise<string> =>
	(await unpackSection((await outcome).entry.body)).toString();

describe('a stream is asked for again until its first event is there', () => {
	it.each([
		['its first event says that the model is overloaded', { headers: EVENTS, body: eventSteps([OVERLOADED]) }],
		['only comments came before such an event', { headers: EVENTS, body: `: wait\n\ndata: ${OVERLOADED}\n\n` }],
		['the connection broke after the head', { headers: EVENTS, body: [{ wait: 30 }, { destroy: true as const }] }],
		['nothing came', { headers: EVENTS, body: '' }],
		['it was an error in JSON', { body: OVERLOADED }],
	])('if %s', async (_what, answer) => {
		provider.answer({ headers: EVENTS, body: eventSteps(WHOLE) });
		provider.answerOnce(answer);
		const request = question(true);
		expect(await textOf(await asking.ask(request))).toBe(WHOLE_TEXT);
		expect(provider.requests).toHaveLength(2);
		expect(await asking.isStored(request)).toBe(true);
	});

	it('and if no retry is left gives the event and its words', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps([OVERLOADED]) });
		const asked = await asking.ask(question(true));
		expect(await textOf(asked)).toBe(`data: ${OVERLOADED}\n\n`);
		await expect(asked.outcome).rejects.toThrow('The model is overloaded');
		expect(provider.requests).toHaveLength(3);
	});

	it('but not if the error would be the same', async () => {
		provider.answer({
			headers: EVENTS,
			body: eventSteps(['{"error":{"message":"No","type":"invalid_request_error"}}']),
		});
		expect(await textOf(await asking.ask(question(true)))).toContain('"No"');
		expect(provider.requests).toHaveLength(1);
	});
});

describe('the head of a stream whose body takes its time', () => {
	it('is told to the one that asked and to those that follow, with their status', async () => {
		const { opened, open } = gate();
		provider.answer({ headers: EVENTS, body: [{ until: opened }, ...eventSteps(WHOLE)] });
		const request = question(true);
		const [leader, follower]: string[][] = [[], []];
		const first = asking.ask(request, leader);
		await provider.whenAsked(1);
		const second = asking.ask(request, follower);
		await expect.poll(() => [leader, follower]).toEqual([['MISS'], ['COALESCED']]);
		open();
		expect([await textOf(await first), await textOf(await second)]).toEqual([WHOLE_TEXT, WHOLE_TEXT]);
		expect(provider.requests).toHaveLength(1);
	});

	it('is not told again when the call is repeated after it', async () => {
		provider.answer({ headers: EVENTS, body: eventSteps(WHOLE) });
		provider.answerOnce({ headers: EVENTS, body: [{ wait: 60 }, { destroy: true }] });
		const heads: string[] = [];
		expect(await textOf(await asking.ask(question(true), heads))).toBe(WHOLE_TEXT);
		expect(heads).toEqual(['MISS']);
	});

	it('is not told if its type promises no events, as its error may still have a status', async () => {
		provider.answer({ body: [{ wait: 60 }, { write: '{"error":{"message":"No","code":400}}' }] });
		const heads: string[] = [];
		await expect(asking.ask(question(true), heads).then(({ outcome }) => outcome)).rejects.toThrow('No');
		expect(heads).toEqual([]);
	});
});

describe('the content decides, not its type:', () => {
	it.each(['application/json', 'text/plain', 'text/html'])('events under %s are a stream', async (type) => {
		provider.answer({ headers: { 'content-type': type }, body: eventSteps(WHOLE) });
		const request = question(true);
		expect(await textOf(await asking.ask(request))).toBe(WHOLE_TEXT);
		expect(await asking.isStored(request)).toBe(true);
	});

	it('events cut anywhere are a stream', async () => {
		provider.answer({
			body: Array.from(WHOLE_TEXT.slice(0, 40), (write) => ({ write })).concat({ write: WHOLE_TEXT.slice(40) }),
		});
		expect(await textOf(await asking.ask(question(true)))).toBe(WHOLE_TEXT);
	});

	it.each([EVENTS, { 'content-type': 'application/json' }])(
		'events that nobody asked for are put together: %s',
		async (headers) => {
			provider.answer({ headers, body: eventSteps(WHOLE) });
			const request = question(false);
			expect(JSON.parse(await bodyOf(await asking.ask(request)))).toMatchObject({
				object: 'chat.completion',
				choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
			});
			expect(await asking.isStored(request)).toBe(true);
		},
	);

	const completion = (logprob: string): string =>
		`{"id":"c","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant",` +
		`"content":"NaN \\" -Infinity"},"logprobs":{"content":[{"token":"a","logprob":${logprob}}]},"finish_reason":"stop"}]}`;

	it.each(['-Infinity', 'NaN', 'Infinity'])(
		'an answer with %s is given byte for byte, and not stored',
		async (number) => {
			provider.answer({ body: completion(number) });
			const request = question(false);
			const asked = await asking.ask(request);
			expect(await bodyOf(asked)).toBe(completion(number));
			expect((await asked.outcome).notStored).toBe('not_strict_json');
			expect(await asking.isStored(request)).toBe(false);
		},
	);

	it('a byte order mark is no part of the answer', async () => {
		provider.answer({ body: `\uFEFF${completion('-1')}` });
		const request = question(false);
		expect(await bodyOf(await asking.ask(request))).toBe(completion('-1'));
		expect(await asking.isStored(request)).toBe(true);
	});

	it('JSON under the type of events is an answer', async () => {
		provider.answer({ headers: EVENTS, body: completion('-1') });
		const request = question(true);
		expect(await bodyOf(await asking.ask(request))).toBe(completion('-1'));
		expect(await asking.isStored(request)).toBe(true);
	});

	it('an answer that is nested too deeply is given as it came, and not stored', async () => {
		const deep = `{"choices":${'['.repeat(20_000)}1${']'.repeat(20_000)}}`;
		provider.answer({ body: deep });
		const asked = await asking.ask(question(false));
		expect(await bodyOf(asked)).toBe(deep);
		expect((await asked.outcome).notStored).toBe('malformed');
	});
});

describe('the words of an error reach the caller if it comes as', () => {
	it.each([
		['an object within a 200', { body: '{"error":{"message":"Quota used up"}}' }],
		['a list', { body: '[{"error":{"message":"Quota used up"}}]' }],
		['an event', { headers: EVENTS, body: 'event: error\ndata: {"message":"Quota used up"}\n\n' }],
		['an event of chat completions', { headers: EVENTS, body: 'data: {"error":{"message":"Quota used up"}}\n\n' }],
		[
			'a page',
			{ headers: { 'content-type': 'text/html' }, body: '<html><style>b{}</style><h1>Quota used up</h1></html>' },
		],
		['text', { headers: { 'content-type': 'text/plain' }, body: 'Quota used up' }],
	])('%s', async (_what, answer) => {
		provider.answer(answer);
		for (const stream of [false, true]) {
			const asked = asking.ask(question(stream)).then(({ outcome }) => outcome);
			await expect(asked).rejects.toThrow('Quota used up');
		}
	});
});
