/** A clock that stands still until it is told to move. `now()` is in milliseconds, as `Date.now()`. */
export interface FakeClock {
	now(): number;
	advance(ms: number): void;
	advanceSeconds(seconds: number): void;
	set(ms: number): void;
}

/** Starts at 2026-01-01T00:00:00Z, a whole minute, hour and day, unless told otherwise. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
	let current = start;
	return {
		now: () => current,
		advance: (ms) => {
			current += ms;
		},
		advanceSeconds: (seconds) => {
			current += seconds * 1000;
		},
		set: (ms) => {
			current = ms;
		},
	};
}
