import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Heartbeat, HEARTBEAT_MS, REST_AFTER_MS } from '../../../src/stores/redis/heartbeat.ts';

const HOUR_MS = 3_600_000;

let beats: number;
let heartbeat: Heartbeat;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
	beats = 0;
	heartbeat = new Heartbeat(() => beats++, REST_AFTER_MS);
	heartbeat.start();
});
afterEach(() => {
	heartbeat.stop();
	vi.useRealTimers();
});

/** Beats within so many milliseconds. */
function within(milliseconds: number): number {
	const before = beats;
	vi.advanceTimersByTime(milliseconds);
	return beats - before;
}

describe('the heartbeat of a process', () => {
	it('goes on for as long as somebody asks every now and then', () => {
		for (let asked = 0; asked < 5; asked++) {
			heartbeat.want();
			expect(within(100 * HEARTBEAT_MS)).toBe(100);
			expect(heartbeat.resting).toBe(false);
		}
	});

	it('rests once nobody asked for a while, but for a beat every few seconds', () => {
		within(REST_AFTER_MS + 2 * HEARTBEAT_MS);
		expect(heartbeat.resting).toBe(true);
		expect(within(HOUR_MS)).toBe(HOUR_MS / 2000);
	});

	it('comes at once when it is wanted again, and goes on', () => {
		within(HOUR_MS);
		const before = beats;
		heartbeat.want();
		heartbeat.want();
		expect([beats - before, heartbeat.resting]).toEqual([1, false]);
		expect(within(10 * HEARTBEAT_MS)).toBe(10);
	});

	it.each(['resting', 'at work'])('that was stopped %s comes no more, whoever asks', (state) => {
		if (state === 'resting') within(HOUR_MS);
		heartbeat.stop();
		heartbeat.want();
		expect(within(HOUR_MS)).toBe(0);
	});
});
