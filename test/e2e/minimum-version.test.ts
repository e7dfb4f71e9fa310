import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { jsonBody } from '../support/recorded-request.ts';
import { ADMIN } from './support/process.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';
import { newChats, serve, type Served } from './support/test-server.ts';

/** Makes of any Directus one before 11.16, which keeps no bytes of a request. */
const KEEPS_NO_BYTES = `
	import { IncomingMessage } from 'node:http';
	Object.defineProperty(IncomingMessage.prototype, 'rawBody', { get() {}, set() {} });
`;

let served: Served;
let sdks: Sdks;
beforeAll(async () => {
	served = await serve({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(KEEPS_NO_BYTES)}` });
	sdks = sdksOf(served.directus.url, ADMIN.token);
});
afterAll(() => served.stop());

const messages = [{ role: 'user' as const, content: 'Hello' }];
const calls: [string, (sdks: Sdks) => PromiseLike<unknown>][] = [
	['openai', ({ openai }) => openai.chat.completions.create({ model: 'gpt-4o-mini', messages })],
	[
		'openai, streaming',
		({ openai }) =>
			openai.chat.completions
				.stream({ model: 'gpt-4o', messages, stream_options: { include_usage: true } })
				.finalMessage(),
	],
	['openai for embeddings', ({ openai }) => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' })],
	['anthropic', ({ anthropic }) => anthropic.messages.create({ model: 'claude-of-today', max_tokens: 64, messages })],
	['mistral', ({ mistral }) => mistral.chat.complete({ model: 'mistral-small-latest', messages })],
];

describe('a Directus that keeps no bytes of a request', () => {
	it.each(calls)('answers the SDK of %s again, and asks its provider what was asked', async (_sdk, call) => {
		served.emulator.reset();
		sdks.reset();
		const first = await call(sdks);
		expect(await call(sdks)).toEqual(first);
		expect(sdks.statuses).toEqual(['MISS', 'HIT']);
		expect(served.emulator.requests).toHaveLength(1);
		expect(JSON.stringify(jsonBody(served.emulator.requests[0]!))).toMatch(/Hello|Hi/);
	});

	it('answers native requests again, looks up, stores and invalidates', async () => {
		const { directus, ask } = served;
		const chat = newChats('Native')();
		expect((await ask(chat)).cache).toBe('MISS');
		expect((await ask(chat)).cache).toBe('HIT');
		expect(await directus.data('POST', '/ai-cache/lookup', chat)).toMatchObject({ cache: { status: 'HIT' } });
		const put = { ...newChats('Stored')(), text: 'An answer' };
		expect(await directus.data('POST', '/ai-cache/store', put)).toMatchObject({ stored: true });
		expect(await directus.data('POST', '/ai-cache/invalidate', { model: chat.model })).toBeDefined();
		expect(await directus.data('POST', '/ai-cache/lookup', chat)).toBeNull();
	});
});
