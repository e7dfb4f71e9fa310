import type { WarmJob } from '../contract.ts';

/** A job of which no process said for so long that it works on it has none any more. */
const LOST_MS = 30_000;

/** A job as it is kept. */
interface SavedJob extends WarmJob {
	/** When its process was last heard of, in milliseconds since the epoch. */
	beat: number;
}

/** Seconds left at the pace so far; null before it can be told. */
export function etaOf({ started, done, total, state }: WarmJob, now: number): number | null {
	if (state !== 'running' || done === 0) return null;
	const pace = (now - Date.parse(started)) / done;
	return Math.round((pace * (total - done)) / 1000);
}

/** The job as text, with the moment as a sign that its process lives. */
export function writeJob(job: WarmJob, now: number): string {
	return JSON.stringify({ ...job, eta: etaOf(job, now), beat: now } satisfies SavedJob);
}

/** As it was written, or as what became of it where its process ended without a word. */
export function readJob(text: string, now: number): WarmJob {
	const { beat, ...job } = JSON.parse(text) as SavedJob;
	if (job.state !== 'running' || now - beat <= LOST_MS) return job;
	return {
		...job,
		state: 'failed',
		finished: new Date(beat).toISOString(),
		eta: null,
		errors: [...job.errors, 'The process that worked on it ended before it was done'],
	};
}
