import { Writable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';

import { writeEvents } from '../../src/endpoints/event-stream.ts';
import { fakeClock } from '../support/clock.ts';

const EVENTS = ['one', 'two', 'three', 'four'];

/** Writes the events at that rate and notes when each was written, in milliseconds since the start. */
async function play(eventsPerSecond: number, options: { leavesAfter?: number; writeMs?: number } = {}) {
	const clock = fakeClock();
	const started = clock.now();
	const written: [at: number, text: string][] = [];
	const response = new Writable({
		decodeStrings: false,
		write(chunk: string, _encoding, done) {
			written.push([clock.now() - started, chunk]);
			clock.advance(options.writeMs ?? 0);
			if (written.length === options.leavesAfter) response.destroy();
			done();
		},
	});
	const pauses: number[] = [];
	const pause = async (ms: number): Promise<void> => {
		pauses.push(ms);
		clock.advance(ms);
	};
	await writeEvents(response as unknown as ServerResponse, EVENTS, eventsPerSecond, clock, pause);
	return { written, pauses };
}

describe('a replay', () => {
	it('is sent at once, in one piece, if no rate is set', async () => {
		const { written, pauses } = await play(0);
		expect(written).toEqual([[0, EVENTS.join('')]]);
		expect(pauses).toEqual([]);
	});

	it('is sent event by event at the rate, the first without delay', async () => {
		const { written } = await play(10);
		expect(written).toEqual(EVENTS.map((text, index) => [index * 100, text]));
	});

	it('compensates for a slow reader, so that the overall rate holds', async () => {
		const { written, pauses } = await play(10, { writeMs: 60 });
		expect(written.map(([at]) => at)).toEqual([0, 100, 200, 300]);
		expect(pauses).toEqual([40, 40, 40]);
	});

	it('does not pause if its reader is slower than the rate', async () => {
		const { written, pauses } = await play(10, { writeMs: 150 });
		expect(written.map(([at]) => at)).toEqual([0, 150, 300, 450]);
		expect(pauses).toEqual([]);
	});

	it('ends when the client disconnects', async () => {
		const { written } = await play(10, { leavesAfter: 2 });
		expect(written).toHaveLength(2);
	});
});
