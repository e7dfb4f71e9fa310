import { performance } from 'node:perf_hooks';

/** A timer that is later than this was not looked at in time: the process had no time for anything else either. */
const LATE_MS = 50;
/** The part of the time above which the process was busy with other things than waiting for answers. */
const BUSY_PART = 0.5;
/** How often such a time is not counted. */
const MAX_RENEWALS = 3;

/**
 * Calls `over` after so many milliseconds in which the process had time to read what it was sent. One that was busy
 * finds its timers due before the answers that came meanwhile, and blames others for its own slowness: then the time
 * starts anew. Answers how to cancel it.
 */
export function patientTimer(milliseconds: number, over: () => void): () => void {
	let timer: NodeJS.Timeout;
	let renewals = 0;
	const start = (): void => {
		const due = performance.now() + milliseconds;
		const loop = performance.eventLoopUtilization();
		timer = setTimeout(() => {
			const late = performance.now() - due > LATE_MS;
			const busy = performance.eventLoopUtilization(loop).active > milliseconds * BUSY_PART;
			if ((late || busy) && renewals++ < MAX_RENEWALS) start();
			else over();
		}, milliseconds);
	};
	start();
	return () => clearTimeout(timer);
}
