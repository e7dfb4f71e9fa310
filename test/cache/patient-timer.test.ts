import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { patientTimer } from '../../src/cache/patient-timer.ts';

describe('a patient timer', () => {
	let now = 0;
	beforeEach(() => {
		now = 0;
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		vi.spyOn(performance, 'now').mockImplementation(() => now);
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
