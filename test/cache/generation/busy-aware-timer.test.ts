import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { patientTimer } from '../../../src/cache/generation/busy-aware-timer.ts';

describe('a patient timer', () => {
	let now = 0;
	let active = 0;
	beforeEach(() => {
		now = 0;
		active = 0;
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		vi.spyOn(performance, 'now').mockImplementation(() => now);
		vi.spyOn(performance, 'eventLoopUtilization').mockImplementation((since) => ({
			idle: 0,
			active: active - (since?.active ?? 0),
			utilization: 0,
		}));
	});
	afterEach(() => {
		vi.restoreAllMocks();
		vi.useRealTimers();
	});

	/** Lets the timers due come, after so many milliseconds on the clock. */
	const pass = (onTimers: number, onClock = onTimers): void => {
		now += onClock;
		vi.advanceTimersByTime(onTimers);
	};

	it('is over after its time', () => {
		const over = vi.fn();
		patientTimer(250, over);
		pass(249);
		expect(over).not.toHaveBeenCalled();
		pass(1);
		expect(over).toHaveBeenCalledOnce();
	});

	it('starts anew where the process was too busy to look at it, and is over when it had time', () => {
		const over = vi.fn();
		patientTimer(250, over);
		pass(250, 5000);
		expect(over).not.toHaveBeenCalled();
		pass(250);
		expect(over).toHaveBeenCalledOnce();
	});

	it('starts anew where the process was busy for most of the time, though it looked at it in time', () => {
		const over = vi.fn();
		patientTimer(250, over);
		active += 200;
		pass(250);
		expect(over).not.toHaveBeenCalled();
		active += 100;
		pass(250);
		expect(over).toHaveBeenCalledOnce();
	});

	it('does not start anew for ever', () => {
		const over = vi.fn();
		patientTimer(250, over);
		for (let times = 0; times < 4; times++) pass(250, 5000);
		expect(over).toHaveBeenCalledOnce();
	});

	it('is never over once it was cancelled, renewed or not', () => {
		const over = vi.fn();
		const cancel = patientTimer(250, over);
		pass(250, 5000);
		cancel();
		pass(1000);
		expect(over).not.toHaveBeenCalled();
	});
});
