import { describe, expect, it, vi } from 'vitest';

import { TooLargeError } from '../../../src/cache/errors.ts';
import type { StreamAssembler } from '../../../src/providers/adapter.ts';
import { eventText } from '../../../src/providers/http/sse.ts';
import { Assembly } from '../../../src/services/streaming/stream-collector.ts';
import { SharedStream } from '../../../src/services/streaming/broadcast-stream.ts';

/** Hands out chunks one at a time as it is asked, and counts how often it was. */
class Source implements AsyncIterable<Uint8Array> {
	asked = 0;
	closed = false;
	readonly #chunks: (string | Error)[];

	constructor(chunks: (string | Error)[]) {
		this.#chunks = chunks;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		try {
			for (const chunk of this.#chunks) {
				this.asked++;
				if (chunk instanceof Error) throw chunk;
				yield Buffer.from(chunk);
			}
		} finally {
			this.closed = true;
		}
	}
}

/** Whole once it has seen `[DONE]`; keeps so many characters of each event. */
function assembler(keeps: number): StreamAssembler {
	const seen: string[] = [];
	return {
		push: ({ data }) => void seen.push(data),
		end: () => undefined,
		weigh: () => seen.reduce((sum, data) => sum + Math.min(keeps, data.length), 0),
		result: () =>
			seen.at(-1) === '[DONE]' ? { complete: true, body: { seen: seen.length } } : { complete: false, reason: 'cut' },
	};
}

const event = (data: string): string => eventText(data);
const MAX_BYTES = 1000;

function share(
	chunks: (string | Error)[],
	keeps = Infinity,
	patienceMs?: number,
): { stream: SharedStream; source: Source } {
	const source = new Source(chunks);
	const assembly = new Assembly(assembler(keeps), MAX_BYTES);
	const parts = { status: 200, headers: {}, form: '', bytes: source };
	return { stream: new SharedStream(parts, assembly, MAX_BYTES, patienceMs), source };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function readAll(bytes: AsyncIterable<Uint8Array> | null): Promise<string> {
	let text = '';
	for await (const chunk of bytes!) text += Buffer.from(chunk).toString();
	return text;
}

const iteratorOf = (stream: SharedStream): AsyncIterator<Uint8Array> => stream.follow()![Symbol.asyncIterator]();

describe('a shared stream', () => {
	it('reads no further than its fastest follower has drained', async () => {
		const { stream, source } = share(Array.from({ length: 10 }, (_, index) => event(String(index))));
		const follower = iteratorOf(stream);
		await settle();
		const before = source.asked;
		await follower.next();
		await settle();
		expect(source.asked).toBe(before);
		for (let taken = 1; taken < 5; taken++) await follower.next();
		await settle();
		expect(source.asked).toBeLessThanOrEqual(6);
	});

	it('gives a follower that lags, and one that comes late, every byte from the first', async () => {
		const chunks = [event('1'), event('2'), event('[DONE]')];
		const { stream } = share(chunks);
		const slow = iteratorOf(stream);
		const first = await slow.next();
		expect(await readAll(stream.follow())).toBe(chunks.join(''));
		expect(await readAll(stream.follow())).toBe(chunks.join(''));
		const rest = await readAll({ [Symbol.asyncIterator]: () => slow });
		expect(Buffer.from(first.value as Uint8Array).toString() + rest).toBe(chunks.join(''));
	});

	it('is assembled by the time its last chunk is handed out, also where nobody follows', async () => {
		const { stream } = share([event('1'), event('[DONE]')]);
		expect(stream.complete).toBe(false);
		await expect(stream.assembled).resolves.toEqual({ seen: 2 });
		expect(stream.complete).toBe(true);
	});

	it('that ends without its mark is not assembled, and says why', async () => {
		const { stream } = share([event('1')]);
		await expect(stream.assembled).rejects.toMatchObject({ reason: 'cut' });
	});

	it.each(['data: [DONE]', 'data: [DONE]\n', 'data: [DONE]\r'])(
		'that ends with %j is assembled all the same',
		async (end) => {
			const { stream } = share([event('1'), end]);
			expect(await readAll(stream.follow())).toBe(event('1') + end);
			await expect(stream.assembled).resolves.toEqual({ seen: 2 });
		},
	);

	it('hands a failure to its followers and lets nobody join after it', async () => {
		const failure = new Error('broken');
		const { stream } = share([event('1'), failure]);
		await expect(readAll(stream.follow())).rejects.toBe(failure);
		await expect(stream.assembled).rejects.toBe(failure);
		expect(stream.follow()).toBeNull();
	});

	it('whose answer is over the limit goes through to those who follow, and is neither assembled nor joined', async () => {
		const chunks = [
			...Array.from({ length: 50 }, (_, index) => event('x'.repeat(100) + String(index))),
			event('[DONE]'),
		];
		const { stream } = share(chunks);
		const [fast, slow] = [stream.follow(), stream.follow()];
		const [one, other] = await Promise.all([readAll(fast), readAll(slow)]);
		expect(one).toBe(chunks.join(''));
		expect(other).toBe(chunks.join(''));
		await expect(stream.assembled).rejects.toBeInstanceOf(TooLargeError);
		expect(stream.follow()).toBeNull();
	});

	it('over the limit whose answer is within it is assembled, joined by nobody, and not kept', async () => {
		const chunks = [...Array.from({ length: 50 }, () => event('x'.repeat(100))), event('[DONE]')];
		const { stream } = share(chunks, 10);
		expect(await readAll(stream.follow())).toBe(chunks.join(''));
		await expect(stream.assembled).resolves.toEqual({ seen: 51 });
		expect(stream.follow()).toBeNull();
	});

	it('over the limit that nobody follows is assembled all the same', async () => {
		const { stream } = share([...Array.from({ length: 50 }, () => event('x'.repeat(100))), event('[DONE]')], 10);
		await expect(stream.assembled).resolves.toEqual({ seen: 51 });
	});

	it('over the limit waits for the slowest follower rather than keep more than the limit', async () => {
		const size = event('x'.repeat(90)).length;
		const { stream, source } = share(Array.from({ length: 50 }, () => event('x'.repeat(90))));
		const slow = iteratorOf(stream);
		const fast = readAll(stream.follow());
		for (let turn = 0; turn < 200; turn++) await settle();
		expect(source.asked).toBeLessThanOrEqual(Math.ceil(MAX_BYTES / size) + 1);
		await slow.return?.();
		expect(await fast).toHaveLength(50 * size);
	});

	it('over the limit leaves a follower behind, with an error, that takes nothing while another waits', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const events = Array.from({ length: 50 }, () => event('x'.repeat(90)));
		const { stream } = share(events, Infinity, 1000);
		const [stuck, slow] = [iteratorOf(stream), iteratorOf(stream)];
		const fast = readAll(stream.follow());
		await stuck.next();
		for (let turn = 0; turn < 5; turn++) {
			await slow.next();
			await vi.advanceTimersByTimeAsync(900);
		}
		expect(await readAll({ [Symbol.asyncIterator]: () => slow })).toBe(events.slice(5).join(''));
		expect(await fast).toBe(events.join(''));
		await expect(stuck.next()).rejects.toMatchObject({ reason: 'left_behind' });
		vi.useRealTimers();
	});

	it('within the limit leaves nobody behind: who was away reads on where it stood', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const events = Array.from({ length: 5 }, () => event('x'.repeat(90)));
		const { stream } = share(events, Infinity, 1000);
		const first = iteratorOf(stream);
		for (let turn = 0; turn < 4; turn++) await first.next();
		const behind = iteratorOf(stream);
		for (let turn = 0; turn < 3; turn++) {
			await behind.next();
			await vi.advanceTimersByTimeAsync(900);
		}
		vi.useRealTimers();
		expect(await readAll({ [Symbol.asyncIterator]: () => first })).toBe(events.slice(4).join(''));
		expect(await readAll({ [Symbol.asyncIterator]: () => behind })).toBe(events.slice(3).join(''));
	});

	it('within the limit is read to its end where nobody has taken anything for long: others wait for its answer', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const events = [...Array.from({ length: 5 }, () => event('x'.repeat(90))), event('[DONE]')];
		const { stream, source } = share(events, Infinity, 1000);
		const asleep = iteratorOf(stream);
		await asleep.next();
		await vi.advanceTimersByTimeAsync(900);
		expect(source.asked).toBeLessThan(events.length);
		await vi.advanceTimersByTimeAsync(1200);
		vi.useRealTimers();
		expect(await stream.assembled).toEqual({ seen: 6 });
		expect(await readAll({ [Symbol.asyncIterator]: () => asleep })).toBe(events.slice(1).join(''));
	});

	it('over the limit waits for a lone follower as long as that takes', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const events = Array.from({ length: 50 }, () => event('x'.repeat(90)));
		const { stream } = share(events, Infinity, 1000);
		const slow = iteratorOf(stream);
		await slow.next();
		for (let turn = 0; turn < 20; turn++) await settle();
		await vi.advanceTimersByTimeAsync(10_000);
		vi.useRealTimers();
		expect(await readAll({ [Symbol.asyncIterator]: () => slow })).toBe(events.slice(1).join(''));
	});

	it('whose answer is over the limit is read no further where nobody follows', async () => {
		const { stream, source } = share(Array.from({ length: 50 }, () => event('x'.repeat(90))));
		await expect(stream.assembled).rejects.toBeInstanceOf(TooLargeError);
		await settle();
		expect(source.closed).toBe(true);
		expect(source.asked).toBeLessThanOrEqual(2 * Math.ceil(MAX_BYTES / event('x'.repeat(90)).length));
	});

	it('goes on for the others when a follower leaves in the middle', async () => {
		const chunks = [event('1'), event('2'), event('[DONE]')];
		const { stream } = share(chunks);
		const leaving = iteratorOf(stream);
		const staying = stream.follow();
		await leaving.next();
		await leaving.return?.();
		expect(await readAll(staying)).toBe(chunks.join(''));
	});
});
