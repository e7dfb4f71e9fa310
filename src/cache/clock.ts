/** Time as the engine sees it: milliseconds since the epoch. Injected, so that tests never sleep. */
export interface Clock {
	now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
