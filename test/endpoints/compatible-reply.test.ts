import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/shared/api-types.ts';
import { packSection } from '../../src/cache/entry-codec.ts';
import type { Entry } from '../../src/cache/entry.ts';
import { UndecodableEntryError } from '../../src/cache/errors.ts';
import { CompatibleResponder, type AnsweredEntry } from '../../src/endpoints/compatible/responder.ts';
import { ReadyAnswers } from '../../src/services/generation/response-cache.ts';
import { entryOf } from '../bench/support/entries.ts';
import { fakeClock } from '../support/clock.ts';

const longEntry = (): Promise<Entry> => entryOf('openai:gpt-4o:key', 5000, 1, { content: [], tags: [] });

async function send(entry: Entry, acceptEncoding: string, more: Partial<AnsweredEntry> = {}, asked: JsonObject = {}) {
	const request = new IncomingMessage(new Socket());
	request.headers['accept-encoding'] = acceptEncoding;
	const response = new ServerResponse(request);
	const given: AnsweredEntry = { entry, status: 'HIT', skipReason: null, headers: null, ...more };
	const ready = new ReadyAnswers<Buffer>(2 ** 20, ({ length }) => length);
	const sending = new CompatibleResponder(fakeClock(), 0, ready).sendWhole(request, response, given, asked);
	return { response, sending };
}

describe('a whole answer', () => {
	it('is sent as stored to clients that accept gzip, and unpacked to others', async () => {
		const entry = await longEntry();
		const packed = await send(entry, 'gzip');
		await packed.sending;
		expect(packed.response.getHeaders()).toMatchObject({
			'content-encoding': 'gzip',
			'content-length': entry.body.bytes.length,
			vary: 'Accept-Encoding',
		});
		const plain = await send(entry, 'identity');
		await plain.sending;
		expect(plain.response.getHeaders()).toMatchObject({ 'content-length': entry.body.length, vary: 'Accept-Encoding' });
		expect(plain.response.hasHeader('content-encoding')).toBe(false);
	});

	it('that is short is sent uncompressed, whatever the client accepts', async () => {
		const entry = { ...(await longEntry()), body: await packSection(Buffer.from('{}'), 1000) };
		const { response, sending } = await send(entry, 'gzip');
		await sending;
		expect([response.hasHeader('content-encoding'), response.hasHeader('vary')]).toEqual([false, false]);
	});

	it('in an unrecognized format is shared unchanged, without the request’s own data', async () => {
		const entry = await longEntry();
		const meta = { ...entry.meta, operation: 'responses' } as const;
		const odd = { meta, body: await packSection(Buffer.from('{ "hello": 1 }'), 1000), request: entry.request };
		const metadata = { order: 'Ann’s' };
		const shared = await send(odd, 'identity', { status: 'COALESCED', skipReason: 'malformed' }, { metadata });
		await shared.sending;
		expect(shared.response.getHeader('content-length')).toBe(odd.body.length);
		const known = await send(odd, 'identity', { status: 'COALESCED' }, { metadata });
		await known.sending;
		expect(known.response.getHeader('content-length')).toBeGreaterThan(odd.body.length);
	});

	it.each(['gzip', 'identity'])('that is damaged is never sent: %s', async (acceptEncoding) => {
		const entry = await longEntry();
		const bytes = Buffer.from(entry.body.bytes);
		bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 0xff, bytes.length - 5);
		const { response, sending } = await send({ ...entry, body: { ...entry.body, bytes } }, acceptEncoding);
		await expect(sending).rejects.toBeInstanceOf(UndecodableEntryError);
		expect(response.getHeaderNames()).toEqual([]);
	});
});

describe('serialized hits', () => {
	it('are created once per entry and form, and again for a new entry', async () => {
		const ready = new ReadyAnswers<Buffer>(2 ** 20, ({ length }) => length);
		const [entry, successor] = [await longEntry(), await longEntry()];
		let made = 0;
		const make = async (): Promise<Buffer> => Buffer.from(String(++made));
		const texts = [];
		for (const [of, form] of [
			[entry, 'whole'],
			[entry, 'whole'],
			[entry, 'stream'],
			[successor, 'whole'],
			[entry, 'whole'],
		] as const)
			texts.push((await ready.get([of], form, make)).toString());
		expect(texts).toEqual(['1', '1', '2', '3', '1']);
	});

	it('are created again after a failure', async () => {
		const ready = new ReadyAnswers<Buffer>(2 ** 20, ({ length }) => length);
		const entry = await longEntry();
		await expect(ready.get([entry], 'whole', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect((await ready.get([entry], 'whole', async () => Buffer.from('yes'))).toString()).toBe('yes');
	});
});
